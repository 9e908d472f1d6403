internal import FineTuning
public import LanguageModels
internal import SeedDescent
internal import Tensors

/// What a step computes: arithmetic, and weights made and projected.
public struct StepWork: Sendable, Equatable {
  /// Floating-point operations of the products with the weights of the layers.
  public let layers: Double
  /// Floating-point operations of the products of the output head.
  public let head: Double
  /// Floating-point operations of attention, half of the scores of full blocks.
  public let attention: Double
  /// How many weights are made, those that are made again counted again; of two sides both at once.
  public let loads: Double
  /// How many weights have a gradient that is projected.
  public let projections: Double

  /// Counts the work of a step.
  public init(_ c: ModelConfiguration, _ settings: StepSettings) {
    let shapes = Shapes(c, settings)
    self = settings.estimator == .backprop ? Self(backprop: shapes) : Self(twoSided: shapes)
  }

  /// All operations.
  public var total: Double { layers + head + attention }

  /// A multiplication and an addition for each weight and row, on two sides.
  private init(twoSided s: Shapes) {
    layers = 4 * s.layerWeights * s.tokens
    head = 4 * s.headWeights * s.labels
    attention = 8 * s.pairs
    loads = s.parameters
    projections = 0
  }

  /// A product forward, one again and two back.
  ///
  /// The last layer is not run again, nor the second half of a feed-forward block; logits always are.
  /// Attention has two products forward and five back, one of them for scores again.
  private init(backprop s: Shapes) {
    let again = s.again * (s.layerWeights - s.downWeights)
    layers = 2 * (3 * s.layerWeights + again) * s.tokens
    head = 8 * s.headWeights * s.labels
    attention = (14 + 4 * s.again) * s.pairs
    loads = 2 * s.layerWeights + again + 2 * s.headWeights
    projections = s.parameters
  }
}

/// The numbers of weights and rows that work is counted from.
private struct Shapes {
  let tokens, labels, parameters, layerWeights, downWeights, headWeights: Double
  /// The pairs of a query's element and a position that it sees, in all layers.
  let pairs: Double
  /// The share of the layers that a backward pass runs again.
  let again: Double

  init(_ c: ModelConfiguration, _ settings: StepSettings) {
    let all = c.parameters.parameters
    let count = { (part: [Parameter]) in part.reduce(0.0) { $0 + Double($1.elementCount) } }
    tokens = Double(settings.tokens)
    labels = Double(settings.labels)
    parameters = count(all)
    layerWeights = Double(c.layerWeightCount)
    downWeights = Double(c.hiddenSize * c.feedForwardSize * c.layerCount)
    headWeights = Double(c.vocabularySize * c.hiddenSize)
    pairs =
      settings.lengths.reduce(0.0) { $0 + Double($1 * ($1 + 1) / 2) }
      * Double(c.headCount * c.headSize * c.layerCount)
    again =
      settings.recompute == .always ? Double(c.layerCount - 1) / Double(c.layerCount) : 0
  }
}
