import CounterRandom
import SeedBasis

// Every vector, made anew by the oracle.
extension Vectors {
  static func generated() -> Vectors {
    Vectors(
      philox: [
        words(.zero, seed: 0), words(SIMD4(repeating: .max), seed: .max),
        // The digits of π, as in the published known answers of Philox.
        words([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], seed: 0x299f_31d0_a409_3822),
        words([1, 2, 3, 4], seed: 7),
      ],
      directions: directionPlaces.map { direction($0, count: $1) },
      weights: weightPlaces.map { moved($0, count: $1, isZero: $2) },
      updates: updatePlaces.map { updated($0, count: $1) },
      projections: projectionPlaces.map { projected($0, count: $1) })
  }

  /// Where a vector begins.
  private struct Place {
    let oracle: DirectionOracle
    let offset: Int

    init(_ kind: BasisKind, _ seed: UInt64, K: Int, tensor: Int, offset: Int) {
      oracle = DirectionOracle(kind: kind, seed: seed, candidateCount: K, tensor: tensor)
      self.offset = offset
    }

    var basis: String { oracle.kind.rawValue }
    var seed: String { String(oracle.seed) }
    var K: Int { oracle.candidateCount }
  }

  // Borders of blocks, of counters and of rows; the least and the greatest K; seeds of 64 bits.
  private static let directionPlaces: [((Place, k: Int), count: Int)] = [
    ((Place(.hadamard, 0, K: 4096, tensor: 0, offset: 0), 0), 16),
    ((Place(.hadamard, 7, K: 4096, tensor: 5, offset: 4090), 2731), 12),
    ((Place(.hadamard, 0xFFFF_FFFF_0000_0001, K: 2, tensor: 1, offset: 250), 1), 12),
    ((Place(.hadamard, 99, K: 64, tensor: 2, offset: 60), 63), 12),
    ((Place(.hadamard, largeSeed, K: 65536, tensor: 271, offset: 28_311_546), 65535), 12),
    ((Place(.rademacher, 0, K: 4096, tensor: 0, offset: 0), 0), 16),
    ((Place(.rademacher, 7, K: 4096, tensor: 5, offset: 120), 2731), 16),
    ((Place(.rademacher, largeSeed, K: 65536, tensor: 271, offset: 28_311_546), 65535), 12),
    ((Place(.gaussian, 0, K: 4096, tensor: 0, offset: 0), 0), 16),
    ((Place(.gaussian, 7, K: 4096, tensor: 5, offset: 0), 2731), 68),
    ((Place(.gaussian, 7, K: 3, tensor: 5, offset: 100), 2), 16),
    // Where u = 1, so that r = 0 and the normals are zeros of both signs.
    ((Place(.gaussian, 7, K: 62, tensor: 0, offset: 2_248_196), 41), 6),
    ((Place(.gaussian, largeSeed, K: 65536, tensor: 271, offset: 28_311_546), 65535), 12),
  ]

  private static let weightPlaces: [(Place, count: Int, isZero: Bool)] = [
    (Place(.hadamard, 7, K: 8, tensor: 5, offset: 13), 12, false),
    (Place(.hadamard, 3, K: 256, tensor: 0, offset: 250), 12, false),
    (Place(.hadamard, 3, K: 4, tensor: 0, offset: 0), 6, true),
    (Place(.rademacher, 7, K: 9, tensor: 5, offset: 120), 12, false),
    (Place(.gaussian, 7, K: 9, tensor: 5, offset: 60), 12, false),
    (Place(.gaussian, 7, K: 3, tensor: 5, offset: 60), 6, true),
    (Place(.gaussian, 7, K: 62, tensor: 0, offset: 2_248_195), 6, true),
  ]

  private static let updatePlaces: [(Place, count: Int)] = [
    (Place(.hadamard, 7, K: 8, tensor: 2, offset: 13), 12),
    (Place(.rademacher, 7, K: 9, tensor: 2, offset: 120), 12),
    (Place(.gaussian, 7, K: 9, tensor: 2, offset: 60), 12),
  ]

  // Whole blocks and parts of blocks; blocks shorter than a counter; none but zeros.
  private static let projectionPlaces: [(Place, count: Int)] = [
    (Place(.hadamard, 7, K: 8, tensor: 5, offset: 13), 21),
    (Place(.hadamard, largeSeed, K: 2, tensor: 271, offset: 28_311_547), 6),
    (Place(.hadamard, 3, K: 256, tensor: 0, offset: 250), 270),
    (Place(.rademacher, 7, K: 9, tensor: 5, offset: 120), 12),
    (Place(.gaussian, 7, K: 9, tensor: 5, offset: 60), 12),
    (Place(.gaussian, 7, K: 62, tensor: 0, offset: 2_248_195), 6),
  ]

  private static let largeSeed: UInt64 = 12_345_678_901_234_567_890

  private static func words(_ counter: SIMD4<UInt32>, seed: UInt64) -> Words {
    let output = Philox4x32.block(
      counter: counter, key: [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)])
    return Words(
      counter: counter.indices.map { hexadecimal(counter[$0]) }, seed: String(seed),
      output: output.indices.map { hexadecimal(output[$0]) })
  }

  private static func direction(_ vector: (place: Place, k: Int), count: Int) -> Direction {
    let (place, k) = vector
    return Direction(
      basis: place.basis, seed: place.seed, candidates: place.K, candidate: k,
      tensor: place.oracle.tensor, offset: place.offset,
      bits: bits((0..<count).map { place.oracle.value(k, place.offset + $0) }))
  }

  /// Random weights, some of them zeros of both signs.
  private static func base(_ count: Int, _ random: inout RandomStream) -> [Float] {
    (0..<count).map { $0 % 5 == 3 ? zero($0) : Float(random.uniform() - 0.5) }
  }

  private static func zero(_ index: Int) -> Float { index.isMultiple(of: 2) ? 0 : -0.0 }

  private static func moved(_ place: Place, count: Int, isZero: Bool) -> Moved {
    var random = RandomStream(
      seed: place.oracle.seed, tag: .syntheticWeights, a: UInt32(place.K))
    let base = base(count, &random)
    let coefficients = (0..<place.K).map {
      isZero || $0 % 4 == 1 ? zero($0) : Float(random.uniform() - 0.5) * 0.01
    }
    let combined = place.oracle.combine(base, offset: place.offset, coefficients)
    let perturbation = Perturbation(candidate: place.K * 2 / 3, epsilon: 1e-3)
    let sides = place.oracle.perturb(combined, offset: place.offset, perturbation)
    return Moved(
      basis: place.basis, seed: place.seed, tensor: place.oracle.tensor, offset: place.offset,
      coefficients: bits(coefficients), base: bits(base), combined: bits(combined),
      candidate: perturbation.candidate, epsilon: hexadecimal(perturbation.epsilon.bitPattern),
      plus: bits(sides.plus), minus: bits(sides.minus))
  }

  private static func updated(_ place: Place, count: Int) -> Updated {
    var random = RandomStream(
      seed: place.oracle.seed, tag: .syntheticWeights, a: UInt32(place.K))
    let base = base(count, &random)
    let updates = [0, place.K - 1, 3].map { ($0, Float(random.uniform() - 0.5) * 0.01) }
    let updated = updates.reduce(base) {
      place.oracle.update($0, offset: place.offset, along: $1.0, by: $1.1)
    }
    return Updated(
      basis: place.basis, seed: place.seed, candidates: place.K, tensor: place.oracle.tensor,
      offset: place.offset, base: bits(base),
      updates: updates.map { Update(candidate: $0, amount: hexadecimal($1.bitPattern)) },
      updated: bits(updated))
  }

  private static func projected(_ place: Place, count: Int) -> Projected {
    var random = RandomStream(
      seed: place.oracle.seed, tag: .syntheticWeights, a: UInt32(place.K))
    let (gradient, sums) = (base(count, &random), base(place.K, &random))
    return Projected(
      basis: place.basis, seed: place.seed, tensor: place.oracle.tensor, offset: place.offset,
      gradient: bits(gradient), sums: bits(sums),
      projected: bits(place.oracle.project(gradient, offset: place.offset, addingTo: sums)))
  }

  private static func bits(_ values: [Float]) -> [String] {
    values.map(\.bitPattern).map(hexadecimal)
  }

  private static func hexadecimal(_ word: UInt32) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
