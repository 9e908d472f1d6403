public import Datasets
public import Settings

/// The examples of a run in tokens: those to train on and those held out.
public struct TuningData: Sendable {
  /// The examples to train on.
  public let training: [TokenizedExample]

  /// The examples to evaluate on; none of them is trained on.
  public let heldOut: [TokenizedExample]

  /// ``heldOut`` as text, in the same order.
  public let heldOutExamples: [Example]

  /// The setting that holds out as many: of data with a test part it may be more than there are.
  public let heldOutSetting: Int

  /// One line on examples that cannot be used, or `nil`.
  public let rejectionSummary: String?

  /// One line on examples whose responses are cut at the length limit, or `nil`.
  public let cutSummary: String?

  /// Encodes the examples of `dataset` and holds some of each category out.
  ///
  /// If the data set has a test part, the examples held out come from there, at most all of them,
  /// and everything else is trained on.
  ///
  /// - Throws: ``SettingsError`` if fewer than two examples can be used, or all would be held out.
  public init(
    _ dataset: Dataset, encoder: ExampleEncoder, settings: TuningSettings
  ) throws(SettingsError) {
    var encoder = encoder
    encoder.includesOptions = settings.objective == .options
    let examples = UsableExamples(dataset.examples, encoder)
    let test = UsableExamples(dataset.test, encoder)
    rejectionSummary = examples.rejectionSummary ?? test.rejectionSummary
    cutSummary = examples.cutSummary ?? test.cutSummary
    let chosen: [UsableExamples.Pair]
    if dataset.test.isEmpty {
      heldOutSetting = settings.heldOut(of: examples.pairs.count)
      let split = try Self.split(examples, settings, heldOut: heldOutSetting)
      training = split.training.map { examples.pairs[$0].tokens }
      chosen = split.heldOut.map { examples.pairs[$0] }
    } else {
      heldOutSetting = settings.heldOut ?? TuningSettings.mostHeldOut
      training = examples.pairs.map(\.tokens)
      chosen = try Self.sample(
        test, settings, heldOut: heldOutSetting, trainingCount: training.count)
    }
    heldOut = chosen.map(\.tokens)
    heldOutExamples = chosen.map(\.text)
  }

  /// The data of a server that has none.
  package static let none = TuningData(training: [], heldOut: [])

  /// Creates data of tokens alone.
  package init(training: [TokenizedExample], heldOut: [TokenizedExample]) {
    self.training = training
    self.heldOut = heldOut
    heldOutExamples = []
    heldOutSetting = heldOut.count
    (rejectionSummary, cutSummary) = (nil, nil)
  }

  private static func split(
    _ examples: UsableExamples, _ settings: TuningSettings, heldOut: Int
  ) throws(SettingsError) -> HeldOutSplit {
    let count = examples.pairs.count
    guard count >= 2 else {
      throw SettingsError(
        .data, found: "\(count) usable examples",
        expected: "at least 2, one to train on and one to hold out")
    }
    _ = try SettingsError.within(1...count - 1, heldOut, .heldOut)
    return HeldOutSplit(
      categories: examples.categories, heldOutCount: heldOut, seed: settings.seed)
  }

  private static func sample(
    _ test: UsableExamples, _ settings: TuningSettings, heldOut: Int, trainingCount: Int
  ) throws(SettingsError) -> [UsableExamples.Pair] {
    let count = test.pairs.count
    guard trainingCount > 0, count > 0 else {
      throw SettingsError(
        .data, found: "\(trainingCount) usable examples to train on, \(count) to hold out",
        expected: "at least one of each")
    }
    return HeldOutSplit(
      categories: test.categories, heldOutCount: min(heldOut, count), seed: settings.seed
    ).heldOut.map { test.pairs[$0] }
  }

  /// Returns `count` held-out examples, or all if there are fewer: the first of each category, in order of
  /// name, then the second of each.
  public func sampleExamples(count: Int) -> [Example] {
    let byCategory = Dictionary(grouping: heldOutExamples, by: \.category)
    let categories = byCategory.sorted { $0.key < $1.key }.map(\.value)
    let longest = categories.map(\.count).max() ?? 0
    return Array(
      (0..<min(count, longest)).flatMap { place in
        categories.filter { $0.count > place }.map { $0[place] }
      }.prefix(count))
  }

  /// Returns the places of `count` of the held-out examples, evenly spaced, or of all if there are fewer.
  public func heldOutPlaces(_ count: Int) -> [Int] {
    let all = heldOut.count
    return count >= all ? Array(0..<all) : (0..<count).map { $0 * all / count }
  }

  /// The mean number of tokens of an example to train on.
  public var meanTokenCount: Double {
    Double(training.reduce(0) { $0 + $1.tokens.count }) / Double(max(1, training.count))
  }
}

/// The examples that can be encoded, each as text and as tokens.
private struct UsableExamples {
  typealias Pair = (text: Example, tokens: TokenizedExample)

  let pairs: [Pair]
  let rejectionSummary, cutSummary: String?

  var categories: [String] { pairs.map(\.tokens.category) }

  init(_ examples: [Example], _ encoder: ExampleEncoder) {
    let encoded = encoder.encode(examples)
    let rejected = Set(encoded.rejections.map(\.index))
    let usable = examples.indices.filter { !rejected.contains($0) }.map { examples[$0] }
    pairs = Array(zip(usable, encoded.examples))
    rejectionSummary = encoded.rejectionSummary
    cutSummary = encoded.cutSummary
  }
}

/// The endless batches of one client, in an order of its own.
struct ClientBatches: IteratorProtocol, Sendable {
  private let examples: [TokenizedExample]
  private let passCount: Int
  private var iterator: BatchIterator

  init(_ examples: [TokenizedExample], settings: TuningSettings, client: Int) {
    self.examples = examples
    passCount = settings.accumulate
    iterator = BatchIterator(
      exampleCount: examples.count, batchSize: settings.batch, seed: settings.seed,
      client: UInt32(client),
      strata: settings.order == .stratified ? examples.map(\.category) : nil)
  }

  /// The position of the next batch.
  var state: BatchIterator.State { iterator.state }

  /// Moves to a saved position.
  mutating func resume(at state: BatchIterator.State) throws(BatchStateError) {
    try iterator.resume(at: state)
  }

  mutating func nextBatch() -> TuningBatch {
    TuningBatch(passes: (0..<passCount).map { _ in iterator.next().map { examples[$0] } })
  }

  mutating func next() -> TuningBatch? { nextBatch() }
}
