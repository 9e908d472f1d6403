public import Datasets
internal import LanguageModels

public import ZerothOrder

/// The examples of a run in tokens: those to train on and those held out.
public struct TuningData: Sendable {
  /// The examples to train on.
  public let training: [TokenizedExample]

  /// The examples to evaluate on; none of them is trained on.
  public let heldOut: [TokenizedExample]

  /// ``heldOut`` as text, in the same order.
  public let heldOutExamples: [Example]

  /// One line on examples that cannot be used, or `nil`.
  public let rejectionSummary: String?

  /// Encodes the examples of `dataset` and holds some of each category out.
  ///
  /// - Throws: ``SettingsError`` if fewer than two examples can be used, or all would be held out.
  public init(
    _ dataset: Dataset, encoder: ExampleEncoder, settings: TuningSettings
  ) throws(SettingsError) {
    let encoded = encoder.encode(dataset.examples)
    rejectionSummary = encoded.rejectionSummary
    let rejected = Set(encoded.rejections.map(\.index))
    let usable = dataset.examples.indices.filter { !rejected.contains($0) }
    guard usable.count >= 2 else {
      throw SettingsError(
        field: "data", found: "\(usable.count) usable examples",
        expected: "at least 2, one to train on and one to hold out")
    }
    _ = try SettingsError.within(1...usable.count - 1, settings.heldOut, "heldOut")
    let split = HeldOutSplit(
      categories: encoded.examples.map(\.category), heldOutCount: settings.heldOut,
      seed: settings.seed)
    training = split.training.map { encoded.examples[$0] }
    heldOut = split.heldOut.map { encoded.examples[$0] }
    heldOutExamples = split.heldOut.map { dataset.examples[usable[$0]] }
  }

  /// Returns one held-out example of each of the first `count` categories, in order of name.
  public func sampleExamples(count: Int) -> [Example] {
    let byCategory = Dictionary(grouping: heldOutExamples, by: \.category)
    return byCategory.sorted { $0.key < $1.key }.prefix(count).compactMap(\.value.first)
  }
}

/// The endless batches of one client, in an order of its own.
struct ClientBatches: IteratorProtocol, Sendable {
  private let examples: [TokenizedExample]
  private var iterator: BatchIterator

  init(_ examples: [TokenizedExample], settings: TuningSettings, client: Int) {
    self.examples = examples
    iterator = BatchIterator(
      exampleCount: examples.count, batchSize: settings.batch, seed: settings.seed,
      client: UInt32(client))
  }

  /// The position of the next batch.
  var state: BatchIterator.State { iterator.state }

  /// Moves to a saved position.
  mutating func resume(at state: BatchIterator.State) throws(BatchStateError) {
    try iterator.resume(at: state)
  }

  mutating func nextBatch() -> PackedBatch { PackedBatch(iterator.next().map { examples[$0] }) }

  mutating func next() -> PackedBatch? { nextBatch() }
}
