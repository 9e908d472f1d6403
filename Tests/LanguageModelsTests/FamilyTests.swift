import Foundation
import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

/// Values that `transformers` computed in f64 for the models of `Models/tiny-families`.
private struct FamilyReference: Decodable {
  struct Sequence: Decodable {
    let ids: [Int32]
    let argmax: [Int32]
    let logits: [Double]
    /// The largest error of a logit in f32.
    let error: Double
    let greedy: [Int32]
    let loss: Double
  }
  struct Numbers: Decodable { let sequences: [Sequence] }
  let sequences: [Sequence]
  let gguf: Numbers?
  let gradients: [String: GradientSample]
}

@Suite("Each family against transformers")
struct FamilyTests {
  static let folder = RealInputs.model("tiny-families") ?? ""

  /// The models: one or more of each family.
  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: folder))?
    .filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/expected.json") }.sorted()
    ?? []

  /// Those that GGUF files can hold.
  static let ggufNames = names.filter {
    FileManager.default.fileExists(atPath: "\(folder)/\($0)/model.gguf")
  }

  private func reference(_ name: String) throws -> FamilyReference {
    try RealInputs.json("\(Self.folder)/\(name)/expected.json", as: FamilyReference.self)
  }

  @Test("every family has a model here, and every GGUF architecture a file")
  func coverage() throws {
    let found = try Self.names.map {
      try ModelConfiguration(configurationFile: "\(Self.folder)/\($0)/config.json")
        .architecture.name
    }
    #expect(Set(found) == Set(Architecture.all.map(\.name)))
    #expect(Self.ggufNames.count >= Set(Architecture.all.compactMap(\.ggufName)).count)
  }

  @Test(
    "folders: logits, continuations and losses agree on every instruction set", arguments: names,
    InstructionSet.available)
  func folders(name: String, instructionSet: InstructionSet) throws {
    let opened = try OpenedModel("\(Self.folder)/\(name)", instructionSet: instructionSet)
    try check(opened, try reference(name).sequences)
  }

  @Test(
    "GGUF files: logits, continuations and losses agree", arguments: ggufNames)
  func ggufFiles(name: String) throws {
    let reference = try reference(name)
    try check(
      try OpenedModel("\(Self.folder)/\(name)/model.gguf"),
      reference.gguf?.sequences ?? reference.sequences)
  }

  private func check(_ opened: OpenedModel, _ sequences: [FamilyReference.Sequence]) throws {
    for sequence in sequences {
      let logits = try opened.logits(sequence.ids)
      let last = logits.rows(logits.rowCount - 1..<logits.rowCount)
      // Sums in another order err by another draw of what transformers errs by itself; 8 times that, of
      // which the largest of thousands was taken, is beyond any realistic draw.
      let tolerance = 8 * sequence.error
      let difference = largestDifference(last, [sequence.logits])
      #expect(difference <= tolerance, "\(difference), allowed \(tolerance)")
      #expect(sequence.ids.indices.map { argmax(logits.rows($0..<$0 + 1)) } == sequence.argmax)
      #expect(try opened.greedy(sequence.ids, limit: 8) == sequence.greedy)
      let batch = PackedBatch([
        .init(sequence.ids, labels: sequence.ids.count / 2..<sequence.ids.count)
      ])
      let loss = try opened.model.losses(of: batch, weights: opened.store)[0].mean
      #expect(abs(loss - sequence.loss) <= 2 * tolerance, "\(loss), not \(sequence.loss)")
    }
  }

  @Test(
    "the gradients of all weights are autograd's", arguments: names,
    BackwardPass.Keeping.allCases)
  func gradients(name: String, keeping: BackwardPass.Keeping) throws {
    let opened = try OpenedModel("\(Self.folder)/\(name)")
    let reference = try reference(name)
    let batch = PackedBatch(
      reference.sequences.map { .init($0.ids, labels: $0.ids.count / 2..<$0.ids.count) })
    let gradient = WholeGradient(opened.store.parameters)
    let losses = try opened.model.losses(
      of: batch, weights: opened.store, gradients: gradient, keeping: keeping,
      derivative: meanDerivative)
    #expect(losses == (try opened.model.losses(of: batch, weights: opened.store)))
    #expect(Set(reference.gradients.keys) == Set(opened.store.parameters.parameters.map(\.name)))
    // As above, of the tensor with the largest share of errors: they come from one another.
    let error = reference.gradients.values.map { ($0.error ?? 0) / $0.norm }.max() ?? 0
    for (tensor, parameter) in opened.store.parameters.parameters.enumerated() {
      let expected = try #require(reference.gradients[parameter.name])
      expected.check(gradient.values(of: tensor), 8 * error, parameter.name)
    }
  }

  @Test("both sides of a pass are two passes", arguments: names)
  func twoSided(name: String) throws {
    let opened = try OpenedModel("\(Self.folder)/\(name)")
    let parameters = opened.store.parameters
    let (plus, minus) = (
      ExplicitWeights(parameters, scale: 0.3, seed: 1),
      ExplicitWeights(parameters, scale: 0.3, seed: 2)
    )
    let sequences = try reference(name).sequences
    let batch = PackedBatch(sequences.map { .init($0.ids, labels: 3..<7) })
    let both = try opened.model.losses(
      of: batch, weights: ExplicitSides(sides: Sides(plus: plus, minus: minus)))
    #expect(both.plus == (try opened.model.losses(of: batch, weights: plus)))
    #expect(both.minus == (try opened.model.losses(of: batch, weights: minus)))
  }
}
