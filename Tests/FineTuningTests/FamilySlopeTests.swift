import FineTuning
import Foundation
import Kernels
import LanguageModels
import SeedBasis
import TestSupport
import Testing

@Suite("Slopes of each family against autograd through explicit directions")
struct FamilySlopeTests {
  /// What `Models/tiny-families/generate.py` computed in f64.
  private struct Reference: Decodable {
    struct Sequence: Decodable { let ids: [Int32] }
    struct Slopes: Decodable {
      let values: [Double]
      /// The largest error of one in f32.
      let error: Double
    }
    let sequences: [Sequence]
    let slopes: [String: Slopes]
  }

  private static let models = RealInputs.model("tiny-families") ?? ""

  private static let names =
    ((try? FileManager.default.contentsOfDirectory(atPath: models)) ?? [])
    .filter { FileManager.default.fileExists(atPath: "\(models)/\($0)/expected.json") }.sorted()

  @Test(
    "all tensors take part, biases and positions too", arguments: names,
    [BasisKind.hadamard, .gaussian])
  func autograd(name: String, kind: BasisKind) throws {
    let base = try LoadedModel.open(
      path: "\(Self.models)/\(name)", context: ComputeContext(threads: Threads(2)))
    let reference = try RealInputs.json(
      "\(Self.models)/\(name)/expected.json", as: Reference.self)
    let expected = try #require(reference.slopes[kind.rawValue])
    let batch = TuningBatch(
      PackedBatch(
        reference.sequences.map { .init($0.ids, labels: $0.ids.count / 2..<$0.ids.count) }))
    let basis = try SeedBasis(kind: kind, seed: 17, candidateCount: expected.values.count)
    let slopes = try LossObjective(base: base, basis: basis, mode: .virtual)
      .lossAndGradient(on: batch, at: .trial(expected.values.count)).gradient
    // Another order of sums errs by another draw of what autograd in f32 errs by.
    for (found, value) in zip(slopes, expected.values) {
      #expect(abs(found - value) <= 8 * expected.error, "\(found), not \(value)")
    }
  }
}
