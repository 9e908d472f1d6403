internal import Foundation

/// A kind of rotary embedding: its angles are `position · frequency`.
///
/// Source: Su et al. 2021 (arXiv:2104.09864).
public struct Rotary: Sendable, Equatable {
  /// The base θ of the frequencies `θ^(−2i/size)`.
  public var base: Float
  /// How many elements of a head turn; even.
  public var size: Int
  /// How frequencies are changed for texts longer than those of pretraining.
  public var scaling = RotaryScaling.none

  /// Creates an embedding that scales nothing.
  public init(base: Float, size: Int) {
    self.base = base
    self.size = size
  }

  func validate(headSize: Int) throws(ModelError) {
    guard size.isMultiple(of: 2), (0...headSize).contains(size) else {
      throw .invalidField(
        "number of rotated elements", found: "\(size)",
        expected: "even and at most the head size \(headSize)")
    }
    guard base.isFinite, base > 1 else {
      throw .invalidField("RoPE base", found: "\(base)", expected: "a number above 1")
    }
    try scaling.validate(size: size)
  }

  /// The frequencies, one for each pair of elements.
  ///
  /// Rounded to binary32 where `transformers` rounds, as the models were trained with.
  var frequencies: [Float] {
    let plain = (0..<size / 2).map { 1 / pow(base, Float(2 * $0) / Float(size)) }
    return scaling.scaled(plain, base: base, size: size)
  }
}

/// How rotary frequencies are changed for texts longer than those of pretraining.
public enum RotaryScaling: Sendable, Equatable {
  /// Not at all. Also "dynamic" scaling, which begins where the context ends.
  case none
  /// Divided by a factor. Source: Chen et al. 2023 (arXiv:2306.15595).
  case linear(factor: Float)
  /// Low frequencies divided, high ones kept, those between blended. Source: Llama 3.1.
  case llama3(factor: Float, low: Float, high: Float, original: Int)
  /// Blended by the number of turns within the original context, and `magnitude` on all angles'
  /// cosines and sines. Source: Peng et al. 2023 (arXiv:2309.00071), section 3.
  case yarn(Yarn)
  /// Each divided by a number of its own, and `magnitude` as above.
  case factors([Float], magnitude: Float)

  /// The numbers of ``RotaryScaling/yarn(_:)``.
  public struct Yarn: Sendable, Equatable {
    /// What low frequencies are divided by.
    public var factor: Float
    /// The length of the texts of pretraining.
    public var original: Int
    /// Turns within ``original`` above which a frequency is kept.
    public var fast: Float = 32
    /// Turns below which it is divided.
    public var slow: Float = 1
    /// Whether the pairs where blending begins and ends are whole numbers.
    public var truncates = true
    /// What cosines and sines are multiplied by.
    public var magnitude: Float

    init(factor: Float, original: Int) {
      self.factor = factor
      self.original = original
      magnitude = Self.magnitude(factor, by: 1)
    }

    /// `0.1 m ln(factor) + 1`: equation 22, with a multiplier m.
    static func magnitude(_ factor: Float, by multiplier: Float) -> Float {
      factor <= 1 ? 1 : 0.1 * multiplier * log(factor) + 1
    }
  }

  /// What cosines and sines are multiplied by.
  var magnitude: Float {
    switch self {
    case .yarn(let yarn): yarn.magnitude
    case .factors(_, let magnitude): magnitude
    default: 1
    }
  }

  func validate(size: Int) throws(ModelError) {
    var numbers = [magnitude]
    switch self {
    case .none: break
    case .linear(let factor): numbers.append(factor)
    case .llama3(let factor, let low, let high, let original):
      numbers += [factor, low, high - low, Float(original)]
    case .yarn(let yarn): numbers += [yarn.factor, yarn.fast, yarn.slow, Float(yarn.original)]
    case .factors(let factors, _):
      numbers += factors
      guard factors.count == size / 2 else {
        throw .invalidField(
          "number of RoPE factors", found: "\(factors.count)", expected: "\(size / 2)")
      }
    }
    for number in numbers where !(number.isFinite && number > 0) {
      throw .invalidField("RoPE scaling", found: "\(number)", expected: "positive numbers")
    }
  }

  func scaled(_ frequencies: [Float], base: Float, size: Int) -> [Float] {
    switch self {
    case .none: return frequencies
    case .linear(let factor): return frequencies.map { $0 / factor }
    case .factors(let factors, _): return zip(frequencies, factors).map { $0 / $1 }
    case .llama3(let factor, let low, let high, let original):
      return frequencies.map {
        let turns = Float(original) * $0 / (2 * .pi)
        if turns > high { return $0 }
        if turns < low { return $0 / factor }
        let share = (turns - low) / (high - low)
        return (1 - share) * $0 / factor + share * $0
      }
    case .yarn(let yarn): return yarn.scaled(frequencies, base: base, size: size)
    }
  }
}

extension RotaryScaling.Yarn {
  fileprivate func scaled(_ frequencies: [Float], base: Float, size: Int) -> [Float] {
    let (first, last) = blended(base: Double(base), size: size)
    return frequencies.enumerated().map { pair, frequency in
      let kept = 1 - min(max((Float(pair) - Float(first)) / Float(last - first), 0), 1)
      return frequency / factor * (1 - kept) + frequency * kept
    }
  }

  /// Returns the pairs between which frequencies blend from kept to divided.
  private func blended(base: Double, size: Int) -> (first: Double, last: Double) {
    let pair = { (turns: Float) in
      Double(size) * log(Double(original) / (Double(turns) * 2 * .pi)) / (2 * log(base))
    }
    let (first, last) =
      truncates ? (pair(fast).rounded(.down), pair(slow).rounded(.up)) : (pair(fast), pair(slow))
    let bounded = (max(first, 0), min(last, Double(size - 1)))
    return bounded.0 == bounded.1 ? (bounded.0, bounded.1 + 0.001) : bounded
  }
}
