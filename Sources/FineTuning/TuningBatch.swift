public import Datasets
public import LanguageModels
internal import Tensors

/// The examples of a step, packed for one pass through the model or for several, one after the other.
///
/// Several passes take the memory of the largest, and their loss is that of all examples together.
public struct TuningBatch: Sendable {
  /// At least one pass.
  public let passes: [TuningPass]

  /// The number of examples of all passes.
  var exampleCount: Int { passes.reduce(0) { $0 + $1.exampleCount } }

  /// What the loss by `objective` divides a sum by: the number of examples, or of their labels.
  func divisor(_ objective: TuningObjective) -> Int {
    guard objective == .tokenLoss else { return exampleCount }
    return passes.reduce(0) { $0 + $1.labelCount }
  }

  /// Packs examples, all with options to choose from or none, for one pass.
  public init(_ examples: [TokenizedExample]) { passes = [TuningPass(examples)] }

  /// Packs the examples of each pass, all with options to choose from or none.
  public init(passes: [[TokenizedExample]]) { self.passes = passes.map { TuningPass($0) } }

  /// Creates a batch of sequences that are responses, each with a label at least.
  public init(_ packed: PackedBatch) { passes = [TuningPass(packed)] }
}

extension LoadedModel {
  /// Returns the loss of each example of `batch`.
  func batchLosses(
    of batch: TuningBatch, weights: any WeightSource
  ) throws(ModelError) -> [SequenceLoss] {
    var losses: [SequenceLoss] = []
    for pass in batch.passes {
      losses += pass.exampleLosses(try model.losses(of: pass.packed, weights: weights))
    }
    return losses
  }

  /// Returns the loss of each example of `batch` on both sides of `weights`.
  func batchLosses(
    of batch: TuningBatch, weights: any TwoSidedWeightSource
  ) throws(ModelError) -> Sides<[SequenceLoss]> {
    var losses = Sides<[SequenceLoss]>(plus: [], minus: [])
    for pass in batch.passes {
      let sides = try model.losses(of: pass.packed, weights: weights).map(pass.exampleLosses)
      losses.plus += sides.plus
      losses.minus += sides.minus
    }
    return losses
  }

  /// Returns the loss of each example of `batch`, and gives the gradient of that of the batch, by
  /// `objective`, with respect to the weights to a sink.
  ///
  /// - Parameter keeping: What is kept of each layer on the way up.
  func batchLosses(
    of batch: TuningBatch, _ objective: TuningObjective, weights: any WeightSource,
    gradients: any GradientSink, keeping: BackwardPass.Keeping
  ) throws(ModelError) -> [SequenceLoss] {
    let share = 1 / Double(batch.divisor(objective))
    var losses: [SequenceLoss] = []
    for pass in batch.passes {
      losses += pass.exampleLosses(
        try model.losses(
          of: pass.packed, weights: weights, gradients: gradients, keeping: keeping
        ) { losses in pass.slopes(of: objective, at: losses).map { $0 * share } })
    }
    return losses
  }
}
