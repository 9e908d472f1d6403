public import Datasets
internal import Foundation
internal import LanguageModels
package import SeedBasis
public import Tensors

/// The losses of examples.
public struct Score: Sendable, Equatable {
  /// The loss of each example: the mean over its labels, in nats.
  public let losses: [Double]

  /// The mean of ``losses``, in nats.
  public let lossPerExample: Double

  /// The mean over all labels of all examples, in nats.
  public let lossPerToken: Double

  /// The number of labels of all examples.
  public let labelCount: Int

  /// `exp` of ``lossPerToken``.
  public var perplexity: Double { exp(lossPerToken) }

  init(_ losses: [SequenceLoss]) {
    self.losses = losses.map(\.mean)
    lossPerExample = self.losses.reduce(0, +) / Double(losses.count)
    labelCount = losses.reduce(0) { $0 + $1.labelCount }
    lossPerToken = losses.reduce(0) { $0 + $1.sum } / Double(labelCount)
  }

  /// Creates a score that others have measured, who keep the losses of single examples.
  package init(lossPerExample: Double, lossPerToken: Double, labelCount: Int) {
    losses = []
    self.lossPerExample = lossPerExample
    self.lossPerToken = lossPerToken
    self.labelCount = labelCount
  }
}

extension LoadedModel {
  /// Returns the losses of `examples`, at least one, under `weights`.
  ///
  /// Where examples have options, they are those of choosing the right one, each counted as one token.
  ///
  /// - Parameter onProgress: Called with the number of examples that have been scored; may throw to stop.
  /// - Throws: ``ModelError`` if an example exceeds the model's context, and the errors of `onProgress`.
  public func score(
    _ examples: [TokenizedExample], weights: any WeightSource,
    onProgress: (Int) throws -> Void = { _ in }
  ) throws -> Score {
    var losses: [SequenceLoss] = []
    for batch in Self.batches(of: examples, tokenCount: \.tokens.count) {
      losses += try batchLosses(of: TuningBatch(batch), weights: weights)
      try onProgress(losses.count)
    }
    return Score(losses)
  }

  /// Returns the score of the tuned model on the held-out examples of `data` at some places, at least one.
  ///
  /// - Parameter onProgress: As there.
  /// - Throws: As ``score(_:weights:onProgress:)``.
  package func score(
    _ places: some Sequence<Int>, heldOutOf data: TuningData, at coefficients: Coefficients,
    of basis: SeedBasis, onProgress: (Int) throws -> Void
  ) throws -> Score {
    try score(
      places.map { data.heldOut[$0] }, weights: tuned(by: coefficients, of: basis),
      onProgress: onProgress)
  }

  /// Returns consecutive runs of items of at most 1024 tokens, or of one item.
  ///
  /// Long enough for fast matrix products, short enough to keep activations small. The runs depend on
  /// the items only, so that a score repeats to the last bit.
  static func batches<Item>(of items: [Item], tokenCount: (Item) -> Int) -> [[Item]] {
    var batches: [[Item]] = []
    var total = 0
    for item in items {
      total += tokenCount(item)
      if batches.isEmpty || total > 1024 {
        batches.append([])
        total = tokenCount(item)
      }
      batches[batches.count - 1].append(item)
    }
    return batches
  }
}
