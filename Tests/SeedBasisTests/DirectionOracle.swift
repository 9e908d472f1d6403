import CounterRandom
import SeedBasis

/// Documentation/Directions.md, word by word: slow, obvious, one element at a time.
struct DirectionOracle {
  let kind: BasisKind
  let seed: UInt64
  let candidateCount: Int
  let tensor: Int

  private func words(_ c0: Int, _ c1: Int, _ tag: StreamTag) -> SIMD4<UInt32> {
    Philox4x32.block(
      counter: [UInt32(c0), UInt32(c1), UInt32(tensor), tag.rawValue],
      key: [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)])
  }

  func sign(_ n: Int, _ c1: Int, _ tag: StreamTag) -> Float {
    let words = words(n / 128, c1, tag)
    return words[n % 128 / 32] >> UInt32(n % 32) & 1 == 1 ? -1 : 1
  }

  /// The direction's value `z_k[i]`.
  func value(_ k: Int, _ i: Int) -> Float {
    switch kind {
    case .rademacher:
      return sign(i, k, .rademacher)
    case .hadamard:
      let (b, j) = i.quotientAndRemainder(dividingBy: candidateCount)
      let parity: Float = (j & k).nonzeroBitCount.isMultiple(of: 2) ? 1 : -1
      return sign(j, b, .hadamardElementSigns) * sign(k, b, .hadamardCandidateSigns) * parity
    case .gaussian:
      let x = words(16 * (i / 64) + i % 16, k, .gaussian)
      let output = i / 16 % 4
      let pair = output < 2 ? Self.normals(x[0], x[1]) : Self.normals(x[2], x[3])
      return output.isMultiple(of: 2) ? pair.first : pair.second
    }
  }

  /// Two normals from two words.
  static func normals(_ x: UInt32, _ y: UInt32) -> (first: Float, second: Float) {
    let r = radius(x)
    let (sine, cosine) = sineAndCosine(ofQuarterTurns: turn(y))
    return switch y >> 30 {
    case 0: (r * cosine, r * sine)
    case 1: (r * -sine, r * cosine)
    case 2: (r * -cosine, r * -sine)
    default: (r * sine, r * -cosine)
    }
  }

  static func radius(_ x: UInt32) -> Float {
    let u = Float((x >> 8) + 1) * 0x1p-24
    let d = Int32(bitPattern: u.bitPattern) - 0x3F35_04F3
    let e = Float(d >> 23)
    let g = 1 - Float(bitPattern: UInt32(d & 0x7F_FFFF) + 0x3F35_04F3)
    let coefficients: [Float] = [
      0x1.9d053cp-3, 0x1.4b5e58p-2, 0x1.612134p-2, 0x1.97b198p-2, 0x1.ff6976p-2, 0x1.5558f4p-1,
      0x1.00006cp+0, 2,
    ]
    let p = horner(coefficients, g)
    return (p * g - e * 0x1.62e43p+0).squareRoot()
  }

  static func turn(_ y: UInt32) -> Float {
    Float(Int32(bitPattern: y << 2) >> 8) * 0x1p-24
  }

  static func sineAndCosine(ofQuarterTurns t: Float) -> (sine: Float, cosine: Float) {
    let v = t * t
    let a = horner([-0x1.33198ep-8, 0x1.4680a4p-4, -0x1.4abc24p-1, 0x1.921fb6p+0], v) * t
    let b = horner([-0x1.4e78bep-6, 0x1.03b058p-2, -0x1.3bd39cp+0, 1], v)
    return (a, b)
  }

  /// The polynomial with these coefficients, highest power first; every operation rounds.
  private static func horner(_ coefficients: [Float], _ x: Float) -> Float {
    coefficients.dropFirst().reduce(coefficients[0]) { $0 * x + $1 }
  }

  /// The replayed weights `w0 − Σ A_k z_k` of consecutive elements.
  func combine(_ base: [Float], offset: Int, _ coefficients: [Float]) -> [Float] {
    if coefficients.allSatisfy({ $0 == 0 }) { return base.map { $0 - 0 } }
    let elements = offset..<offset + base.count
    let sums =
      kind == .hadamard
      ? hadamardSums(elements, coefficients) : elements.map { sum($0, coefficients) }
    return zip(base, sums).map { $0 - $1 }
  }

  private func sum(_ i: Int, _ coefficients: [Float]) -> Float {
    coefficients.indices.filter { coefficients[$0] != 0 }.reduce(0) {
      $0 + coefficients[$1] * value($1, i)
    }
  }

  private func hadamardSums(_ elements: Range<Int>, _ coefficients: [Float]) -> [Float] {
    let blocks = elements.lowerBound / candidateCount...(elements.upperBound - 1) / candidateCount
    let sums = blocks.flatMap { b in
      let y = coefficients.enumerated().map { $1 * sign($0, b, .hadamardCandidateSigns) }
      return Self.transform(y).enumerated().map { $1 * sign($0, b, .hadamardElementSigns) }
    }
    let first = blocks.lowerBound * candidateCount
    return elements.map { sums[$0 - first] }
  }

  /// The fast Walsh–Hadamard transform, stage by stage.
  static func transform<T: SignedNumeric>(_ y: [T]) -> [T] {
    var y = y
    var stride = 1
    while stride < y.count {
      for i in y.indices where i & stride == 0 {
        (y[i], y[i + stride]) = (y[i] + y[i + stride], y[i] - y[i + stride])
      }
      stride *= 2
    }
    return y
  }

  /// Both sides `w ± ε z_k` of consecutive elements.
  func perturb(
    _ weights: [Float], offset: Int, _ perturbation: Perturbation
  ) -> (plus: [Float], minus: [Float]) {
    let steps = weights.indices.map {
      perturbation.epsilon * value(perturbation.candidate, offset + $0)
    }
    return (zip(weights, steps).map { $0 + $1 }, zip(weights, steps).map { $0 - $1 })
  }

  /// Consecutive elements after an update in place, `w + (−c) z_k`.
  func update(_ weights: [Float], offset: Int, along candidate: Int, by amount: Float) -> [Float] {
    weights.enumerated().map { $1 + -amount * value(candidate, offset + $0) }
  }
}
