import CounterRandom
import Foundation
import SeedBasis
import Tensors
import Testing
import Weights

/// The test vectors of Documentation/Directions.md, section 5.
struct Vectors: Decodable, Sendable {
  struct Words: Decodable, Sendable {
    let counter: [String]
    let seed: String
    let output: [String]
  }

  struct Direction: Decodable, Sendable {
    let basis: String
    let seed: String
    let candidates: Int
    let candidate: Int
    let tensor: Int
    let offset: Int
    let bits: [String]
  }

  struct Moved: Decodable, Sendable {
    let basis: String
    let seed: String
    let tensor: Int
    let offset: Int
    let coefficients: [String]
    let base: [String]
    let combined: [String]
    let candidate: Int
    let epsilon: String
    let plus: [String]
    let minus: [String]
  }

  let philox: [Words]
  let directions: [Direction]
  let weights: [Moved]

  static func read() throws -> Vectors {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors.json")
    return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
  }
}

private func words(_ hexadecimal: [String]) throws -> [UInt32] {
  try hexadecimal.map { try #require(UInt32($0, radix: 16)) }
}

private func floats(_ hexadecimal: [String]) throws -> [Float] {
  try words(hexadecimal).map(Float.init(bitPattern:))
}

private func basis(_ kind: String, seed: String, candidates: Int) throws -> SeedBasis {
  try SeedBasis(
    kind: try #require(BasisKind(rawValue: kind)), seed: try #require(UInt64(seed)),
    candidateCount: candidates)
}

@Suite("Test vectors of the specification")
struct VectorTests {
  @Test("Philox gives the published words")
  func philox() throws {
    for vector in try Vectors.read().philox {
      let counter = try words(vector.counter)
      let seed = try #require(UInt64(vector.seed))
      let output = Philox4x32.block(
        counter: SIMD4(counter),
        key: [UInt32(truncatingIfNeeded: seed), UInt32(seed >> 32)])
      #expect(try words(vector.output) == (0..<4).map { output[$0] })
    }
  }

  @Test("Directions have the published bits")
  func directions() throws {
    for vector in try Vectors.read().directions {
      let basis = try basis(vector.basis, seed: vector.seed, candidates: vector.candidates)
      let values = basis.values(
        of: vector.candidate, tensor: vector.tensor, offset: vector.offset,
        count: vector.bits.count)
      #expect(try words(vector.bits) == values.map(\.bitPattern))
    }
  }

  @Test("Combined and perturbed weights have the published bits")
  func weights() throws {
    for vector in try Vectors.read().weights {
      let basis = try basis(
        vector.basis, seed: vector.seed, candidates: vector.coefficients.count)
      let base = try floats(vector.base)
      let weights = CombinedWeights(
        base: ColumnSource(tensor: vector.tensor, first: vector.offset, values: base),
        basis: basis, coefficients: try Coefficients(try floats(vector.coefficients)))
      let rows = vector.offset..<vector.offset + base.count
      let epsilon = try floats([vector.epsilon])[0]
      let sides = weights.perturbed(
        by: Perturbation(candidate: vector.candidate, epsilon: epsilon)
      ).tile(rows, of: vector.tensor)
      #expect(try words(vector.combined) == weights.tile(rows, of: vector.tensor).plus.bits)
      #expect(try words(vector.plus) == sides.plus.bits)
      #expect(try words(vector.minus) == sides.minus.bits)
    }
  }
}
