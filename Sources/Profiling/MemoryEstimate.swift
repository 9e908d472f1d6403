internal import FineTuning
public import LanguageModels

/// The private memory of a two-sided step, from shapes alone.
///
/// Every category is a formula of one line; Documentation/Memory.md prints the same ones and compares
/// them with measurements.
public struct MemoryEstimate: Sendable, Equatable {
  /// What memory is used for.
  public enum Category: String, Sendable, CaseIterable {
    case runtime, tokenizer, weights, coefficients, activations, head
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

  /// The process before it opens a model, and its threads' stacks: measured on x86-64 Debian 12.
  static func runtimeBytes(threads: Int) -> Int { 2_500_000 + 200_000 * threads }

  /// What OpenBLAS touches of a thread's buffer of 32 MB: packed panels of both factors, at most.
  static func openBLASBytes(rows: Int) -> Int { 4 * 384 * (min(rows, 4096) + 448) }

  /// The tables of a tokenizer take about this much for each entry of the vocabulary.
  static let tokenizerBytesPerToken = 170

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
    let pass = PassMemory(
      configuration, tokens: settings.tokens, labels: settings.labels,
      sequenceLength: settings.lengths.max() ?? 0, sides: 2, threads: settings.threads)
    let threads = settings.threads
    mappedBytes = fileBytes
    items = [
      Item(
        category: .runtime, bytes: Self.runtimeBytes(threads: threads),
        formula: "2.5 MB + 0.2 MB P"),
      Item(
        category: .tokenizer, bytes: Self.tokenizerBytesPerToken * tokenizerEntries,
        formula: "\(Self.tokenizerBytesPerToken) V"),
      Item(
        category: .weights, bytes: settings.bytesPerWeight * parameterCount,
        formula: "\(settings.bytesPerWeight) d"),
      Item(category: .coefficients, bytes: 36 * settings.candidates, formula: "36 K"),
      Item(
        category: .activations, bytes: pass.activations,
        formula: "8 T (3h + max(2q + 2k, f)) + 8 L h + 4 T headSize"),
      // The activations of the layers are gone when the head begins.
      Item(
        category: .head, bytes: max(0, pass.head - pass.activations),
        formula: "max(0, 8 L (2 ⌈V / t⌉ + 1) − activations)"),
      Item(
        category: .keyValueCache,
        bytes: PassMemory.keyValueCache(configuration, tokens: settings.cachedTokens),
        formula: settings.answerTokens == 0 ? "0 without answers" : "8 layers k (T + S N)"),
      Item(
        category: .scratch, bytes: pass.scratch, formula: "4 P (max(2 t n, 2 T t, 64 T) + 2 t n)"),
      Item(
        category: .openblas, bytes: threads * Self.openBLASBytes(rows: settings.tokens),
        formula: "1536 P (T + 448)"),
    ]
  }
}
