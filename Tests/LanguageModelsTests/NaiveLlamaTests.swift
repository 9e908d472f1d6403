import CounterRandom
import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

/// A model, its weights and the oracle of both.
struct CheckedModel {
  let model: LanguageModel
  let weights: ExplicitWeights
  let naive: NaiveLlama

  /// The generated test model.
  static func tiny(_ folder: String = "", threads: Int = 2) throws -> CheckedModel {
    let opened = try OpenedModel(RealInputs.tinyLlama + folder, threads: threads)
    return CheckedModel(opened.model, ExplicitWeights(opened.store))
  }

  /// A random model of odd shapes.
  static func odd(
    tied: Bool = false, threads: Int = 2, _ architecture: Architecture = .llama
  ) throws -> CheckedModel {
    let configuration = try ModelConfiguration.odd(tied: tied, architecture)
    let weights = ExplicitWeights(.llama(configuration), scale: 0.4, seed: 7)
    let model = try LanguageModel(
      configuration, parameters: weights.parameters, context: .test(threads: threads))
    return CheckedModel(model, weights)
  }

  private init(_ model: LanguageModel, _ weights: ExplicitWeights) {
    self.model = model
    self.weights = weights
    naive = NaiveLlama(model.configuration, weights)
  }

  func tokens(_ count: Int, seed: UInt64 = 1) -> [Int32] {
    randomTokens(count, below: model.configuration.vocabularySize, seed: seed)
  }

  func logits(_ batch: PackedBatch, rows: [Int]? = nil) throws -> Matrix {
    try model.logits(of: batch, rows: rows, weights: weights)
  }

  /// See ``OpenedModel/tolerance(logits:count:)``; here with the sums of attention too.
  func tolerance(_ logits: [[Double]]) -> Double {
    let c = model.configuration
    let roundings = 2 * c.layerCount * (c.feedForwardSize + c.hiddenSize + logits.count)
    let square = logits.joined().reduce(0) { $0 + $1 * $1 }
    let norm = (square / Double(logits.count * c.vocabularySize)).squareRoot()
    return 8 * Double(Float.ulpOfOne / 2) * Double(roundings).squareRoot() * norm
  }

  /// How far logits of `tokens`, with the exact ones beside them, may be from those that rounding leaves.
  ///
  /// How much a rounding is amplified on its way, by softmax above all, the oracle tells itself: where it rounds
  /// each product once. A sum of n terms makes 2n roundings, whose errors grow with the root of their number
  /// (Higham and Mary 2019, see ``OpenedModel/tolerance(logits:count:)``); twice that, as one draw of the errors
  /// is compared with another.
  func tolerance(_ tokens: [Int32], _ exact: [[Double]]) -> Double {
    var rounding = naive
    rounding.roundsProducts = true
    let once = zip(rounding.logits(tokens).joined(), exact.joined()).map { abs($0 - $1) }.max() ?? 0
    let c = model.configuration
    let longest = max(c.feedForwardSize, c.hiddenSize, tokens.count)
    return 2 * Double(2 * longest).squareRoot() * once
  }
}

/// Returns the largest difference between the elements of `found` and `expected`.
func largestDifference(_ found: Matrix, _ expected: [[Double]]) -> Double {
  let expected = Array(expected.joined())
  guard found.rowCount * found.columnCount == expected.count else { return .infinity }
  return zip(found.elements, expected).reduce(0) {
    // A difference that is not a number must not pass.
    let difference = abs(Double($1.0) - $1.1)
    return difference.isNaN ? .infinity : max($0, difference)
  }
}

@Suite("The architecture against a slow one in binary64")
struct NaiveLlamaTests {
  @Test(
    "logits of a tiny model agree over more than two blocks of queries",
    arguments: ["", "/untied-bf16"], [1, 2, 63, 64, 65, 150])
  func tiny(folder: String, length: Int) throws {
    try check(.tiny(folder), length: length)
  }

  @Test(
    "logits agree where no size is a multiple of a tile or a vector",
    arguments: [false, true], [1, 7, 130])
  func odd(tied: Bool, length: Int) throws {
    try check(.odd(tied: tied), length: length)
  }

  private func check(_ checked: CheckedModel, length: Int) throws {
    let tokens = checked.tokens(length, seed: UInt64(length))
    let expected = checked.naive.logits(tokens)
    let found = try checked.logits(PackedBatch([.init(tokens)]), rows: Array(tokens.indices))
    let (difference, tolerance) = (
      largestDifference(found, expected), checked.tolerance(tokens, expected)
    )
    #expect(difference <= tolerance, "\(difference), allowed \(tolerance)")
  }

  @Test("logits agree where queries, keys and values have biases", arguments: [1, 7, 130])
  func biases(length: Int) throws {
    let checked = try CheckedModel.odd(.qwen2)
    // Around 1, as norms are: far from zero.
    let biases = checked.weights.parameters.parameters.filter { $0.name.hasSuffix(".bias") }
    #expect(biases.count == 9 && biases.allSatisfy { $0.shape.count == 1 })
    try check(checked, length: length)
  }

  @Test(
    "a loss is the negative log-softmax of its label's logits",
    arguments: [1..<2, 5..<6, 20..<40, 1..<70, 69..<70])
  func losses(labels: Range<Int>) throws {
    let checked = try CheckedModel.odd()
    let tokens = checked.tokens(70)
    let logits = checked.naive.logits(tokens)
    let expected = labels.reduce(0.0) { $0 + crossEntropy(logits[$1 - 1], tokens[$1]) }
    let found = try checked.model.losses(
      of: PackedBatch([.init(tokens, labels: labels)]), weights: checked.weights)[0]
    #expect(found.labelCount == labels.count)
    // One loss differs by at most twice what the logits differ by.
    let tolerance = 2 * Double(labels.count) * checked.tolerance(logits)
    #expect(abs(found.sum - expected) <= tolerance, "\(found.sum) instead of \(expected)")
  }
}
