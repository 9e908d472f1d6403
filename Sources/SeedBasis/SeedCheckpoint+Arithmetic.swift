/// Seed checkpoints of one base and one basis are vectors: sums of them are models too.
extension SeedCheckpoint {
  /// A checkpoint and its factor in a sum.
  public struct Term: Sendable {
    /// The checkpoint.
    public let checkpoint: SeedCheckpoint
    /// The name to use in errors, such as its path.
    public let name: String
    /// The factor; finite.
    public let factor: Double

    /// Creates a term.
    public init(_ checkpoint: SeedCheckpoint, name: String, factor: Double = 1) {
      self.checkpoint = checkpoint
      self.name = name
      self.factor = factor
    }
  }

  /// Returns `Σ factor · A / divisor` over the terms: computed in binary64, rounded once to binary32.
  ///
  /// The history is that of the first term, with the steps of all; its settings are replaced.
  ///
  /// - Parameters:
  ///   - terms: At least one.
  ///   - divisor: What the sum is divided by; not zero.
  ///   - settings: What the new checkpoint says of itself.
  /// - Throws: ``SeedCheckpointError/different(part:first:second:)`` unless all terms have one base and one
  ///   basis, ``SeedBasisError`` if a result exceeds binary32.
  /// - Complexity: O(terms · K).
  public static func sum(
    of terms: [Term], dividedBy divisor: Double = 1, tool: String, settings: [String: String]
  ) throws -> SeedCheckpoint {
    precondition(!terms.isEmpty && divisor != 0)
    let first = terms[0]
    // A sum may leave the range of binary32 and come back into it by the divisor.
    var sums = [Double](repeating: 0, count: first.checkpoint.basis.candidateCount)
    for term in terms {
      try first.checkCompatible(with: term)
      for (candidate, value) in term.checkpoint.coefficients.values.enumerated() {
        sums[candidate] += term.factor * value
      }
    }
    var result = Coefficients(candidateCount: sums.count)
    for (candidate, sum) in sums.enumerated() {
      try result.add(sum / divisor, to: candidate)
    }
    let history = first.checkpoint.history
    // Many checkpoints of very many steps: the count stays in its range rather than overflow.
    let steps = terms.reduce(0) {
      min($0 + $1.checkpoint.history.steps, SeedCheckpointFormat.countLimit)
    }
    return SeedCheckpoint(
      baseHash: first.checkpoint.baseHash, parameterMapHash: first.checkpoint.parameterMapHash,
      basis: first.checkpoint.basis, coefficients: result,
      history: History(
        epsilon: history.epsilon, learningRate: history.learningRate, steps: steps,
        rounds: terms.map(\.checkpoint.history.rounds).max() ?? 0, tool: tool, settings: settings))
  }
}

extension SeedCheckpoint.Term {
  /// Throws unless both checkpoints move the same weights along the same directions.
  public func checkCompatible(with other: SeedCheckpoint.Term) throws(SeedCheckpointError) {
    for (own, others) in zip(parts, other.parts) where own.value != others.value {
      throw .different(
        part: own.name, first: "\(name) has \(own.value)",
        second: "\(other.name) has \(others.value)")
    }
  }

  private var parts: [(name: String, value: String)] {
    let basis = checkpoint.basis
    return [
      ("base models", "SHA-256 \(checkpoint.baseHash)"),
      ("lists of tensors", "SHA-256 \(checkpoint.parameterMapHash)"),
      ("bases", "\(basis.kind.rawValue), seed \(basis.seed), K = \(basis.candidateCount)"),
      ("parameters", basis.parameters?.text ?? "all"),
    ]
  }
}

/// How two seed checkpoints differ.
///
/// The norms are those of the vectors `A`, in units of a direction. Two directions are all but orthogonal,
/// so a norm in K numbers is close to the norm in all weights, divided by the square root of their number.
public struct SeedCheckpointDifference: Codable, Equatable, Sendable {
  /// The norms of both vectors, and of their difference.
  public let firstNorm, secondNorm, differenceNorm: Double
  /// The cosine of the angle between both vectors; `nil` if one of them is zero.
  public let cosine: Double?
  /// The number of coefficients that differ, of ``candidates``.
  public let changed, candidates: Int
  /// The candidate whose coefficients differ most, or `nil` if none do.
  public let largestCandidate: Int?
  /// That difference, second minus first.
  public let largestDifference: Double

  /// Compares two checkpoints.
  ///
  /// - Throws: ``SeedCheckpointError/different(part:first:second:)`` unless both have one base and one basis.
  public init(
    _ first: SeedCheckpoint.Term, _ second: SeedCheckpoint.Term
  ) throws(SeedCheckpointError) {
    try first.checkCompatible(with: second)
    let (a, b) = (first.checkpoint.coefficients.values, second.checkpoint.coefficients.values)
    let differences = zip(a, b).map { $1 - $0 }
    (firstNorm, secondNorm) = (Self.norm(a), Self.norm(b))
    differenceNorm = Self.norm(differences)
    let product = firstNorm * secondNorm
    cosine = product > 0 ? zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / product : nil
    candidates = a.count
    changed = differences.count { $0 != 0 }
    let largest = differences.indices.max { abs(differences[$0]) < abs(differences[$1]) }
    largestCandidate = changed > 0 ? largest : nil
    largestDifference = largest.map { differences[$0] } ?? 0
  }

  private static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
