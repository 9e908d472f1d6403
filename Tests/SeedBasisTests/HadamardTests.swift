import SeedBasis
import Tensors
import Testing
import Weights

@Suite("Hadamard basis")
struct HadamardTests {
  static let sizes = [2, 4, 16, 64, 128, 256, 512, 1024]

  @Test(
    "Directions are orthogonal on whole blocks, and of squared norm K", arguments: [2, 64, 256])
  func orthogonality(candidateCount: Int) throws {
    let basis = try SeedBasis(kind: .hadamard, seed: 3, candidateCount: candidateCount)
    let directions = (0..<candidateCount).map {
      basis.values(of: $0, tensor: 1, offset: 5 * candidateCount, count: candidateCount)
    }
    for (k, direction) in directions.enumerated() {
      let products = directions.map { zip($0, direction).reduce(Float(0)) { $0 + $1.0 * $1.1 } }
      let expected = directions.indices.map { $0 == k ? Float(candidateCount) : 0 }
      #expect(products == expected)
    }
  }

  @Test("The transform equals the direct sum, exactly, in integers", arguments: sizes)
  func transformOfIntegers(size: Int) {
    let values = (0..<size).map { ($0 * 7919 + 13) % 1001 - 500 }
    let expected = (0..<size).map { j in
      (0..<size).reduce(0) { sum, k in
        sum + ((j & k).nonzeroBitCount.isMultiple(of: 2) ? values[k] : -values[k])
      }
    }
    #expect(DirectionOracle.transform(values) == expected)
  }

  @Test("Replay equals the sum of the directions, exactly, where no sum rounds", arguments: sizes)
  func replayOfIntegers(size: Int) throws {
    let basis = try SeedBasis(kind: .hadamard, seed: 8, candidateCount: size)
    // Below 2^24 in every partial sum, so binary32 is exact.
    let coefficients = (0..<size).map { Float(($0 * 7919 + 13) % 1001 - 500) }
    let weights = CombinedWeights(
      base: ColumnSource(tensor: 0, first: 0, values: [Float](repeating: 0, count: size)),
      basis: basis, coefficients: try Coefficients(coefficients))
    let expected = (0..<size).reduce([Float](repeating: 0, count: size)) { sums, k in
      let z = basis.values(of: k, tensor: 0, offset: 0, count: size)
      return zip(sums, z).map { $0 - coefficients[k] * $1 }
    }
    #expect(weights.tile(0..<size, of: 0).elements == expected)
  }
}
