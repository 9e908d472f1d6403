import Datasets
import FineTuning
import Foundation
import Kernels
import LanguageModels
import SeedBasis
import SeedDescent
import TestSupport
import Testing
import Weights

/// A base of quantised weights, and one whose f32 weights are the same numbers.
@Suite("A quantised base is tuned like one that has its weights in f32")
struct QuantisedBaseTests {
  private let folder: TemporaryFolder
  private let quantised, plain: LoadedModel
  private let batch: TuningBatch

  init() throws {
    folder = try TemporaryFolder()
    let context = ComputeContext(threads: Threads(2))
    quantised = try .open(path: RealInputs.tinyQuantised + "/model.gguf", context: context)
    // Without any movement, apply writes the weights of the base.
    try quantised.export(
      coefficients: Coefficients(candidateCount: 4),
      basis: SeedBasis(kind: .hadamard, seed: 1, candidateCount: 4), to: folder.path + "/f32")
    plain = try .open(path: folder.path + "/f32", context: context)
    batch = TuningBatch(Array(try Tasks.encoded(quantised)[..<4]))
  }

  private func objectives(_ kind: BasisKind, _ mode: WeightMode) throws -> [LossObjective] {
    let basis = try SeedBasis(kind: kind, seed: 9, candidateCount: 16)
    return [quantised, plain].map { LossObjective(base: $0, basis: basis, mode: mode) }
  }

  @Test("the tensors are the same, and so are the tokens")
  func same() throws {
    #expect(quantised.store.parameters == plain.store.parameters)
    #expect(ExplicitWeights(quantised.store).elements == ExplicitWeights(plain.store).elements)
    #expect(try Tasks.encoded(plain) == Tasks.encoded(quantised))
  }

  @Test(
    "losses on both sides of a direction have the same bits", arguments: BasisKind.allCases,
    WeightMode.allCases)
  func twoSided(kind: BasisKind, mode: WeightMode) throws {
    let coefficients = try Coefficients.trial(16)
    let losses = try objectives(kind, mode).map {
      try $0.losses(
        on: batch, at: coefficients, perturbedBy: Perturbation(candidate: 3, epsilon: 1e-2))
    }
    #expect(losses[0].plus == losses[1].plus && losses[0].minus == losses[1].minus)
    #expect(losses[0].plus != losses[0].minus)
  }

  @Test("slopes along all directions have the same bits", arguments: BasisKind.allCases)
  func slopes(kind: BasisKind) throws {
    let coefficients = try Coefficients.trial(16)
    let slopes = try objectives(kind, .virtual).map {
      try $0.slopeBits(on: batch, at: coefficients)
    }
    #expect(slopes[0] == slopes[1])
  }
}
