import Datasets
import FineTuning
import Foundation
import Kernels
import LanguageModels
import SeedBasis
import Tensors
import TestSupport
import Weights

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
  let path = NSTemporaryDirectory() + "finetuning-tests-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Creates a folder of links to the files of the test model, or of its variant.
  convenience init(linkingTo variant: String) throws {
    try self.init()
    let source = RealInputs.tinyLlama + variant
    for name in try FileManager.default.contentsOfDirectory(atPath: source)
    where name.hasSuffix(".json") || name.hasSuffix(".safetensors") {
      try FileManager.default.createSymbolicLink(
        atPath: path + "/" + name, withDestinationPath: source + "/" + name)
    }
  }

  /// The names of the files in the folder, sorted.
  func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
  }
}

extension LoadedModel {
  /// Opens the generated test model, or its variant in the subfolder `variant`.
  static func tiny(_ variant: String = "", threads: Int = 2) throws -> LoadedModel {
    try .open(
      path: RealInputs.tinyLlama + variant, context: ComputeContext(threads: Threads(threads)))
  }

  /// How far a loss may be from one of other roundings, in nats.
  ///
  /// As the logits' tolerance of the tests of `LanguageModels`: independent roundings, their number's
  /// square root times 8, on logits of about 4; a loss differs by twice what the logits differ by.
  ///
  /// - Parameter roundings: The roundings of every weight besides those of the pass.
  func lossTolerance(roundings: Int = 0) -> Double {
    let c = model.configuration
    let count = (1 + roundings) * 2 * c.layerCount * (c.feedForwardSize + c.hiddenSize)
    return 2 * 8 * Double(Float.ulpOfOne / 2) * Double(count).squareRoot() * 4
  }
}

/// Short tasks of two categories whose answers the test model does not know yet.
enum Tasks {
  static let examples: [Example] = (0..<60).map { number in
    number.isMultiple(of: 2)
      ? Example(
        instruction: "Is \(number / 2) odd or even?", response: "otter", category: "parity")
      : Example(
        instruction: "Write the number \(number / 2) as a word.", response: "9",
        category: "number")
  }

  static func data(_ base: LoadedModel, settings: TuningSettings) throws -> TuningData {
    try TuningData(
      Dataset(examples: examples), encoder: ExampleEncoder(tokenizer: base.tokenizer),
      settings: settings)
  }

  static func encoded(
    _ base: LoadedModel, _ objective: TuningObjective = .loss
  ) throws -> [TokenizedExample] {
    var encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    encoder.includesOptions = objective == .options
    let examples = examples.map { example in
      var example = example
      example.options = objective == .options ? ["9", "otter", "either of them"] : []
      return example
    }
    return encoder.encode(examples).examples
  }
}

extension TuningSettings {
  /// Settings for a model of a hundred thousand parameters.
  static func small(_ basis: BasisKind = .hadamard, mode: WeightMode? = nil) -> TuningSettings {
    var settings = TuningSettings()
    settings.basis = basis
    settings.mode = mode
    settings.candidates = 64
    settings.learningRate = 1e-4
    settings.batch = 4
    settings.heldOut = 12
    settings.seed = 3
    return settings
  }
}

/// Weights in memory.
struct ExplicitWeights: WeightSource {
  let parameters: ParameterMap
  let tensors: [Matrix]

  /// Copies the weights of `source` after `change`, which gets the index of each tensor.
  init(_ source: any WeightSource, change: (Int, [Float]) -> [Float] = { $1 }) {
    parameters = source.parameters
    tensors = source.parameters.parameters.enumerated().map { tensor, parameter in
      let matrix = Matrix(rows: parameter.rowCount, columns: parameter.columnCount)
      source.load(0..<parameter.rowCount, of: tensor, into: matrix)
      return Matrix(row: change(tensor, matrix.elements)).reshaped(
        rows: parameter.rowCount, columns: parameter.columnCount)
    }
  }

  func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    tile.copyElements(from: tensors[tensor].rows(rows))
  }

  /// The weights of all tensors, in order.
  var elements: [Float] { tensors.flatMap(\.elements) }
}

extension SeedBasis {
  /// Returns `w0 − Σ A_k z_k + ε z_j` by the definition, summed in binary64 and rounded once.
  func moved(
    _ base: any WeightSource, _ coefficients: Coefficients, _ perturbation: Perturbation? = nil
  ) -> ExplicitWeights {
    var factors = coefficients.rounded.map { -Double($0) }
    if let perturbation { factors[perturbation.candidate] += Double(perturbation.epsilon) }
    return ExplicitWeights(base) { tensor, weights in
      var sums = weights.map(Double.init)
      for (candidate, factor) in factors.enumerated() where factor != 0 {
        let values = values(of: candidate, tensor: tensor, offset: 0, count: weights.count)
        for index in sums.indices { sums[index] += factor * Double(values[index]) }
      }
      return sums.map(Float.init)
    }
  }
}
