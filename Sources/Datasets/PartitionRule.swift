/// How examples are divided among the clients of a federation.
public enum PartitionRule: Equatable, Sendable {
  /// At random, in equal numbers: clients that differ by chance only.
  case iid

  /// By category: as far as the numbers allow, a client sees one kind of task.
  case byCategory

  /// Each category in shares drawn from a symmetric Dirichlet distribution.
  ///
  /// A small `alpha` gives most of a category to few clients, a large one makes them alike.
  case dirichlet(alpha: Double)

  /// One client for each value of a field of the examples; `category` is their category.
  case byKey(String)

  /// At random, in numbers drawn from a symmetric Dirichlet distribution: clients differ in size only.
  case quantity(alpha: Double)

  /// The values of `alpha` that are accepted: beyond them the shares are one, or all alike.
  public static let alphaRange = 1e-3...1e6

  /// The fewest examples a client may get unless told otherwise.
  ///
  /// Ten for Dirichlet shares, as in FedKSeed's reference code.
  public var defaultMinimum: Int {
    switch self {
    case .dirichlet, .quantity: 10
    case .iid, .byCategory, .byKey: 1
    }
  }

  /// The field of the examples by which ``byKey(_:)`` divides, else `nil`.
  public var key: String? {
    if case .byKey(let key) = self { key } else { nil }
  }
}

extension PartitionRule: CustomStringConvertible {
  /// The spelling that ``init(parsing:)`` reads.
  public var description: String {
    switch self {
    case .iid: "iid"
    case .byCategory: "by-category"
    case .dirichlet(let alpha): "dirichlet:\(alpha)"
    case .byKey(let key): "by-key:\(key)"
    case .quantity(let alpha): "quantity:\(alpha)"
    }
  }

  /// Reads `iid`, `by-category`, `dirichlet:ALPHA`, `by-key:FIELD` or `quantity:ALPHA`.
  ///
  /// - Throws: ``PartitionError/unknownRule(_:)``.
  public init(parsing text: String) throws(PartitionError) {
    switch text {
    case "iid": self = .iid
    case "by-category": self = .byCategory
    default:
      let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let alpha = parts.last.flatMap { Double($0) }.flatMap {
        Self.alphaRange.contains($0) ? $0 : nil
      }
      switch (parts[0], parts.count, alpha) {
      case ("dirichlet", 2, let alpha?): self = .dirichlet(alpha: alpha)
      case ("quantity", 2, let alpha?): self = .quantity(alpha: alpha)
      case ("by-key", 2, _) where Self.isFieldName(parts[1]): self = .byKey(String(parts[1]))
      default: throw .unknownRule(text)
      }
    }
  }

  /// Whether a text can stand in a partition file without escapes.
  private static func isFieldName(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.unicodeScalars.allSatisfy { $0.value >= 32 && $0 != "\"" && $0 != "\\" }
  }
}

/// The reason examples cannot be divided among clients.
public enum PartitionError: Error, Equatable {
  /// The text names no rule.
  case unknownRule(String)
  /// There are too few examples for so many clients.
  case tooFewExamples(exampleCount: Int, clientCount: Int, minimum: Int)
  /// The rule leaves a client with too few examples.
  case tooFewForClient(client: Int, exampleCount: Int, minimum: Int)
  /// The examples have another number of different keys than there are clients.
  case keyCount(found: Int, clientCount: Int)
  /// No draw gave every client enough examples.
  case noDrawSucceeded(attempts: Int, minimum: Int)
  /// A partition file is no JSON of the expected form.
  case brokenFile(reason: String)
  /// A partition file is of another data set.
  case wrongExampleCount(found: Int, expected: Int)
  /// A partition file gives an example to two clients, or one that does not exist.
  case badIndex(client: Int, index: Int)
}

extension PartitionError: CustomStringConvertible {
  /// What is wrong and what to do about it.
  public var description: String {
    switch self {
    case .unknownRule(let text):
      """
      the partition '\(clipped(text))' is none of iid, by-category, dirichlet:ALPHA, \
      quantity:ALPHA and by-key:FIELD, with ALPHA from \(PartitionRule.alphaRange.lowerBound) to \
      \(PartitionRule.alphaRange.upperBound), for example dirichlet:0.5
      """
    case .tooFewExamples(let exampleCount, let clientCount, let minimum):
      """
      \(exampleCount) examples do not suffice for \(clientCount) clients of at least \(minimum); \
      take fewer clients or more data
      """
    case .tooFewForClient(let client, let exampleCount, let minimum):
      """
      client \(client) would get \(exampleCount) examples, the minimum is \(minimum); take fewer \
      clients, more data or another partition
      """
    case .keyCount(let found, let clientCount):
      """
      the field has \(found) different values among the training examples, one for each client, but \
      there are \(clientCount) clients; set their number to \(found)
      """
    case .noDrawSucceeded(let attempts, let minimum):
      """
      none of \(attempts) draws gave every client \(minimum) examples; raise ALPHA, take fewer \
      clients or more data
      """
    case .brokenFile(let reason):
      "the partition file cannot be used: \(reason); make it anew"
    case .wrongExampleCount(let found, let expected):
      "the partition file divides \(found) examples, the data set has \(expected); make it anew"
    case .badIndex(let client, let index):
      """
      the partition file gives client \(client) the example \(index), which is given twice or does \
      not exist; make it anew
      """
    }
  }
}
