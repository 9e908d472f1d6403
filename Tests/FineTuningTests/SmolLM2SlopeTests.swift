import Datasets
import FineTuning
import Kernels
import LanguageModels
import SeedBasis
import SeedDescent
import TestSupport
import Testing

/// The real model, quantised, and as many directions as a run has.
@Suite(
  "Slopes of SmolLM2-135M",
  .enabled(if: RealInputs.runsSlowTests, "a slow test; scripts/test --all runs it"),
  .enabled(if: RealInputs.isPresent(RealInputs.smolLM2, RealInputs.noModel), "needs the model"))
struct SmolLM2SlopeTests {
  @Test("slopes along 4,096 directions are the quotients of differences of losses")
  func differences() throws {
    let base = try LoadedModel.open(
      path: #require(RealInputs.smolLM2), context: ComputeContext(threads: Threads(2)))
    let encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    let batch = TuningBatch(
      try [("Name a river.", "The Rhine."), ("What is 3 + 4?", "It is 7, or seven.")].map {
        try encoder.encode(Example(instruction: $0.0, response: $0.1))
      })
    let basis = try SeedBasis(kind: .hadamard, seed: 9, candidateCount: 4096)
    // w(A) moves each weight by about √4096 · 10⁻⁵: a model that has been tuned.
    let start = try Coefficients((0..<4096).map { Float((7 * $0) % 31 - 15) * 1e-6 })
    let objective = LossObjective(base: base, basis: basis, mode: .virtual)
    let slopes = try objective.lossAndGradient(on: batch, at: start).gradient
    // Logits of this model are up to four times as large as tiny-llama's.
    let rounding = 4 * base.lossTolerance(roundings: 1)
    let expected = try objective.slope(
      uphill: slopes, on: batch, at: start, change: 0.3, rounding: rounding)
    #expect(abs(norm(slopes) - expected.value) <= expected.tolerance)
    #expect(expected.tolerance < 0.05 * norm(slopes))
    let order = slopes.indices.sorted { slopes[$0] < slopes[$1] }
    for candidate in [order[0], order[4095], 0, 2049] {
      let expected = try objective.slope(
        along: candidate, on: batch, at: start, width: 2e-3, rounding: rounding)
      #expect(abs(slopes[candidate] - expected.value) <= expected.tolerance)
    }
  }
}
