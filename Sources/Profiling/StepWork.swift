public import LanguageModels
internal import Tensors

/// The arithmetic of a two-sided step.
public struct StepWork: Sendable, Equatable {
  /// Floating-point operations of the products with the weights of the layers.
  public let layers: Double
  /// Floating-point operations of the products of the output head.
  public let head: Double
  /// Floating-point operations of attention, half of the scores of full blocks.
  public let attention: Double

  /// Counts the operations of a step.
  public init(_ c: ModelConfiguration, _ settings: StepSettings) {
    let parameters = c.parameters.parameters
    let inLayers = parameters.filter { $0.name.hasPrefix("model.layers.") && $0.shape.count == 2 }
      .reduce(0.0) { $0 + Double($1.elementCount) }
    // Two sides, a multiplication and an addition for each weight and row.
    layers = 4 * inLayers * Double(settings.tokens)
    head = 4 * Double(c.vocabularySize * c.hiddenSize) * Double(settings.labels)
    let pairs = settings.lengths.reduce(0.0) { $0 + Double($1 * ($1 + 1) / 2) }
    attention = 8 * pairs * Double(c.headCount * c.headSize * c.layerCount)
  }

  /// All operations.
  public var total: Double { layers + head + attention }
}
