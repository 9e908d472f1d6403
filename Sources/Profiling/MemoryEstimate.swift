internal import FineTuning
public import LanguageModels
internal import SeedDescent

/// The private memory of a step, from shapes alone.
///
/// Every category is a formula of one line; Documentation/Memory.md prints the same ones and compares
/// them with measurements.
public struct MemoryEstimate: Sendable, Equatable {
  /// What memory is used for.
  public enum Category: String, Sendable, CaseIterable {
    case runtime, tokenizer, weights, coefficients, optimizer
    case layerInputs = "layer inputs"
    case activations, gradients, head
    case keyValueCache = "KV cache"
    case scratch, openblas
  }

  /// A category, its size and where it comes from.
  public struct Item: Sendable, Equatable {
    /// What the memory is used for.
    public let category: Category
    /// Its size, in bytes.
    public let bytes: Int
    /// The formula, in the symbols of Documentation/Memory.md.
    public let formula: String
  }

  /// All categories.
  public let items: [Item]

  /// The size of the weight files, all of it mapped and none of it private, in bytes.
  public let mappedBytes: Int

  /// The peak of private memory, in bytes.
  public var privateBytes: Int { items.reduce(0) { $0 + $1.bytes } }

  /// Returns the bytes of `category`.
  public func bytes(_ category: Category) -> Int {
    items.first { $0.category == category }?.bytes ?? 0
  }

  /// Estimates a step on a model.
  ///
  /// - Parameters:
  ///   - parameterCount: d.
  ///   - fileBytes: The size of the weight files.
  ///   - tokenizerEntries: The size of the vocabulary if the model has a tokenizer, else 0.
  public init(
    _ configuration: ModelConfiguration, parameterCount: Int, fileBytes: Int,
    tokenizerEntries: Int, settings: StepSettings
  ) {
    mappedBytes = fileBytes
    items =
      Self.process(settings, tokenizerEntries)
      + [
        Item(
          category: .weights, bytes: settings.bytesPerWeight * parameterCount,
          formula: "\(settings.bytesPerWeight) d")
      ]
      + (settings.estimator == .backprop
        ? Self.backward(configuration, settings) : Self.twoSided(configuration, settings))
      + [Self.keyValueCache(configuration, settings), Self.openBLAS(settings)]
  }

  /// The categories of what a step allocates, the copy of the weights aside.
  static func categories(of estimator: Estimator) -> [Category] {
    estimator == .backprop
      ? [
        .coefficients, .optimizer, .layerInputs, .activations, .gradients, .head, .scratch,
        .openblas,
      ] : [.coefficients, .activations, .head, .scratch, .openblas]
  }
}

// The formulas. Those of passes are in `PassMemory` and `BackwardMemory`.

extension MemoryEstimate {
  /// The process before it opens a model, and its threads' stacks: measured on x86-64 Debian 12.
  static func runtimeBytes(threads: Int) -> Int { 2_500_000 + 200_000 * threads }

  /// What OpenBLAS touches of a thread's buffer of 32 MB: packed panels of both factors, at most.
  static func openBLASBytes(rows: Int) -> Int { 4 * 384 * (min(rows, 4096) + 448) }

  /// The tables of a tokenizer take about this much for each entry of the vocabulary.
  static let tokenizerBytesPerToken = 170

  private static func process(_ settings: StepSettings, _ tokenizerEntries: Int) -> [Item] {
    [
      Item(
        category: .runtime, bytes: runtimeBytes(threads: settings.threads),
        formula: "2.5 MB + 0.2 MB P"),
      Item(
        category: .tokenizer, bytes: tokenizerBytesPerToken * tokenizerEntries,
        formula: "\(tokenizerBytesPerToken) V"),
    ]
  }

  private static func twoSided(_ c: ModelConfiguration, _ settings: StepSettings) -> [Item] {
    let pass = PassMemory(
      c, tokens: settings.tokens, labels: settings.labels,
      sequenceLength: settings.lengths.max() ?? 0, sides: 2, threads: settings.threads)
    return [
      Item(category: .coefficients, bytes: 36 * settings.candidates, formula: "36 K"),
      Item(
        category: .activations, bytes: pass.activations,
        formula: "8 T (3h + max(2q + 2k, f)) + 8 L h + 4 T headSize"),
      // The activations of the layers are gone when the head begins.
      Item(
        category: .head, bytes: max(0, pass.head - pass.activations),
        formula: "max(0, 8 L (2 ⌈V / t⌉ + 1) − activations)"),
      Item(
        category: .scratch, bytes: pass.scratch, formula: "4 P (max(2 t n, 2 T t, 64 T) + 2 t n)"),
    ]
  }

  private static func backward(_ c: ModelConfiguration, _ settings: StepSettings) -> [Item] {
    let pass = BackwardMemory(
      c, tokens: settings.tokens, labels: settings.labels,
      sequenceLength: settings.lengths.max() ?? 0, threads: settings.threads,
      keeping: settings.recompute.keeping)
    let row = "4 T (3h + 2q + 2k + 2f)"
    return [
      // The shards' sums of projections, besides what a two-sided step has.
      Item(category: .coefficients, bytes: (36 + 68) * settings.candidates, formula: "104 K"),
      // Two moments before and after the step, the gradient, directions and increments.
      Item(category: .optimizer, bytes: 60 * settings.candidates, formula: "60 K"),
      Item(
        category: .layerInputs, bytes: pass.layerInputs, formula: "4 T h layers + 4 L h"),
      Item(
        category: .activations, bytes: pass.activations + pass.layerScratch,
        formula: (settings.recompute == .always ? row : "layers · \(row)")
          + " + 4 T (h + max(2q + 2k, f) + headSize)"),
      Item(
        category: .gradients, bytes: pass.gradients + pass.partialSums,
        formula: "4 T h + 8 L h + 4 max(n T min(8, tiles, max(2, 2^23 / n T)))"),
      // There are no partial sums yet when the losses are computed.
      Item(
        category: .head, bytes: max(0, pass.head - pass.partialSums),
        formula: "max(0, 4 L (2 ⌈V / t⌉ + 1) − partial sums)"),
      Item(
        category: .scratch, bytes: pass.scratch(candidates: settings.candidates),
        formula: "4 P (max(t n, L t, 128 T) + max(t h, K) + K)"),
    ]
  }

  private static func keyValueCache(_ c: ModelConfiguration, _ settings: StepSettings) -> Item {
    Item(
      category: .keyValueCache, bytes: PassMemory.keyValueCache(c, tokens: settings.cachedTokens),
      formula: settings.answerTokens == 0 ? "0 without answers" : "8 layers k (T + S N)")
  }

  private static func openBLAS(_ settings: StepSettings) -> Item {
    Item(
      category: .openblas, bytes: settings.threads * openBLASBytes(rows: settings.tokens),
      formula: "1536 P (T + 448)")
  }
}
