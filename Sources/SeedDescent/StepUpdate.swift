internal import Bytes
public import SeedBasis

/// What one coefficient grew by.
public struct StepRecord: Codable, Equatable, Sendable {
  /// The candidate k.
  public let candidate: Int
  /// What `A_k` grew by: η · g, rounded to the precision in which it is sent.
  public let increment: Float

  /// Creates a record.
  public init(candidate: Int, increment: Float) {
    self.candidate = candidate
    self.increment = increment
  }
}

/// What a step, or a client's round, changes: a few of the K coefficients, or all of them.
///
/// An update is rounded *before* it is added. So whoever adds the updates of a run in order arrives at
/// the same coefficients, bit for bit.
public enum StepUpdate: Equatable, Sendable {
  /// An increment of one coefficient each, in order; a candidate may come twice.
  case pairs([StepRecord])
  /// An increment of each coefficient, shape `(K)`.
  case all([Float])

  /// No change at all.
  public static let none = StepUpdate.pairs([])

  /// Whether nothing is changed.
  public var isEmpty: Bool { count == 0 }

  /// The number of increments.
  public var count: Int {
    switch self {
    case .pairs(let records): records.count
    case .all(let increments): increments.count
    }
  }

  /// The increments one by one, in the order in which they are added.
  public var records: [StepRecord] {
    switch self {
    case .pairs(let records): records
    case .all(let increments): increments.enumerated().map(StepRecord.init)
    }
  }
}

extension Coefficients {
  /// Adds the increments of `update` in order.
  ///
  /// - Throws: ``SeedBasisError`` if the update is of another K, or a result is not finite; nothing is
  ///   changed then.
  /// - Complexity: O(K).
  public mutating func add(_ update: StepUpdate) throws(SeedBasisError) {
    if case .all(let increments) = update, increments.count != count {
      throw .coefficientCount(increments.count, expected: count)
    }
    var sums = self
    for record in update.records {
      guard (0..<count).contains(record.candidate) else {
        throw .noSuchCandidate(record.candidate, candidateCount: count)
      }
      try sums.add(Double(record.increment), to: record.candidate)
    }
    self = sums
  }
}

/// In a log, pairs are an array of objects, and all K increments are the Base64 of little-endian
/// binary32 numbers.
extension StepUpdate: Codable {
  /// Writes the increments.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .pairs(let records): try container.encode(records)
    case .all(let increments):
      try container.encode(Base64.text(increments.map(\.bitPattern)))
    }
  }

  /// Reads increments.
  ///
  /// - Throws: `DecodingError` unless they are written as above and all K of them are finite.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let text = try? container.decode(String.self) else {
      self = .pairs(try container.decode([StepRecord].self))
      return
    }
    let words = Base64.words(text, as: UInt32.self) ?? []
    let increments = words.map(Float.init(bitPattern:))
    guard !increments.isEmpty, increments.allSatisfy(\.isFinite) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "an update must be the Base64 of finite binary32 numbers")
    }
    self = .all(increments)
  }
}
