internal import Bytes

/// How a gradient with respect to all K coefficients becomes their increments.
///
/// A pure function of state, gradient and learning rate: the same of them give the same bits. All is
/// computed in binary64; increments are rounded to `Float` before anyone adds them, so that whoever
/// replays them has the same coefficients.
public enum Optimizer: Equatable, Sendable {
  /// −η g.
  case sgd

  /// v ← β v + g, −η v; β from 0 and below 1.
  ///
  /// Source: `torch.optim.SGD` without dampening.
  case momentum(Double)

  /// m ← β₁ m + (1 − β₁) g, s ← β₂ s + (1 − β₂) g², −η m̂ / (√ŝ + ε), with m̂ = m / (1 − β₁ᵗ) and
  /// ŝ = s / (1 − β₂ᵗ) at step t from 1; β from 0 and below 1, ε positive.
  ///
  /// Source: Adam, Kingma and Ba 2015 (arXiv:1412.6980), Algorithm 1; `torch.optim.Adam`.
  case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)

  /// Returns how many numbers of either kind the state after a step has.
  package func momentCounts(coefficients count: Int) -> (first: Int, second: Int) {
    switch self {
    case .sgd: (0, 0)
    case .momentum: (count, 0)
    case .adam: (count, count)
    }
  }

  /// Returns what each coefficient is to grow by, or `nil` if a number is not finite: the step is then
  /// to be skipped, and the state is as before.
  ///
  /// - Parameters:
  ///   - gradient: ∇_A of the loss, shape `(K)`.
  ///   - learningRate: η of the step; positive.
  ///   - state: Of the same optimiser and the same K.
  /// - Complexity: O(K).
  public func increments(
    against gradient: [Double], learningRate: Double, state: inout OptimizerState
  ) -> [Float]? {
    var next = state
    next.step += 1
    let directions = next.directions(of: gradient, by: self)
    let increments = directions.map { Float(-learningRate * $0) }
    guard increments.allSatisfy(\.isFinite) else { return nil }
    state = next
    return increments
  }
}

/// What an optimiser carries from one step to the next: at most 2·K numbers.
public struct OptimizerState: Equatable, Sendable {
  /// The number of steps taken.
  public fileprivate(set) var step = 0
  /// v or m, shape `(K)`; empty where there is none, and before the first step.
  public fileprivate(set) var first: [Double] = []
  /// s, shape `(K)`; empty where there is none, and before the first step.
  public fileprivate(set) var second: [Double] = []

  /// Creates the state before the first step.
  public init() {}

  /// Takes `gradient` in and returns the direction against which to move, of which η is the length.
  fileprivate mutating func directions(of gradient: [Double], by optimizer: Optimizer) -> [Double] {
    switch optimizer {
    case .sgd: return gradient
    case .momentum(let beta):
      first = step == 1 ? gradient : zip(first, gradient).map { beta * $0 + $1 }
      return first
    case .adam(let beta1, let beta2, let epsilon):
      if step == 1 {
        first = [Double](repeating: 0, count: gradient.count)
        second = first
      }
      first = zip(first, gradient).map { beta1 * $0 + (1 - beta1) * $1 }
      second = zip(second, gradient).map { beta2 * $0 + (1 - beta2) * ($1 * $1) }
      let firstBias = 1 - power(beta1, step)
      let secondBias = (1 - power(beta2, step)).squareRoot()
      return zip(first, second).map { m, s in
        (m / firstBias) / (s.squareRoot() / secondBias + epsilon)
      }
    }
  }
}

/// Returns `base` to a whole power, by multiplications only: libm's may differ in its last bit.
private func power(_ base: Double, _ exponent: Int) -> Double {
  var (result, factor, rest) = (1.0, base, exponent)
  while rest > 0 {
    if rest & 1 == 1 { result *= factor }
    factor *= factor
    rest >>= 1
  }
  return result
}

/// In a saved state the vectors are the Base64 of little-endian binary64 numbers: the same bits again.
extension OptimizerState: Codable {
  private enum CodingKeys: CodingKey {
    case step, first, second
  }

  /// Writes the state.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(step, forKey: .step)
    try container.encode(Base64.text(first.map(\.bitPattern)), forKey: .first)
    try container.encode(Base64.text(second.map(\.bitPattern)), forKey: .second)
  }

  /// Reads a state.
  ///
  /// - Throws: `DecodingError` unless it is one that ``encode(to:)`` can have written.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    step = try container.decode(Int.self, forKey: .step)
    first = try Self.numbers(.first, in: container)
    second = try Self.numbers(.second, in: container)
    guard step >= 0, step > 0 || first.isEmpty, second.isEmpty || second.count == first.count,
      second.allSatisfy({ $0 >= 0 })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .second, in: container,
        debugDescription: "step, first and second moments are not of one state")
    }
  }

  private static func numbers(
    _ key: CodingKeys, in container: KeyedDecodingContainer<CodingKeys>
  ) throws -> [Double] {
    let words = Base64.words(
      try container.decode(String.self, forKey: key), as: UInt64.self)
    guard let numbers = words?.map(Double.init(bitPattern:)), numbers.allSatisfy(\.isFinite) else {
      throw DecodingError.dataCorruptedError(
        forKey: key, in: container,
        debugDescription: "moments must be the Base64 of finite binary64 numbers")
    }
    return numbers
  }
}
