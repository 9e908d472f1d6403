import CounterRandom
import Foundation
import Kernels
import SeedBasis
import Tensors
import Testing
import Weights

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
  /// To publish other vectors, change the generator and run this test with WRITE_VECTORS=1.
  @Test("The published vectors are those that the oracle makes")
  func published() throws {
    let vectors = Vectors.generated()
    if ProcessInfo.processInfo.environment["WRITE_VECTORS"] == "1" { try vectors.write() }
    #expect(try Vectors.read() == vectors)
  }

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
      #expect(try words(vector.combined) == weights.tile(rows, of: vector.tensor).bits)
      #expect(try words(vector.plus) == sides.plus.bits)
      #expect(try words(vector.minus) == sides.minus.bits)
    }
  }

  @Test("Weights updated in place have the published bits")
  func updates() throws {
    for vector in try Vectors.read().updates {
      let base = try floats(vector.base)
      let weights = DenseWeights(
        copying: ColumnSource(tensor: vector.tensor, first: vector.offset, values: base),
        basis: try basis(vector.basis, seed: vector.seed, candidates: vector.candidates),
        coefficients: Coefficients(candidateCount: vector.candidates),
        context: ComputeContext(threads: Threads(1)))
      for update in vector.updates {
        weights.update(along: update.candidate, by: try floats([update.amount])[0])
      }
      let rows = vector.offset..<vector.offset + base.count
      #expect(try words(vector.updated) == weights.tile(rows, of: vector.tensor).bits)
    }
  }

  @Test("Projections have the published bits")
  func projections() throws {
    for vector in try Vectors.read().projections {
      let gradient = Matrix(row: try floats(vector.gradient))
      let sums = Matrix(row: try floats(vector.sums))
      let parameters = ParameterMap(
        (0...vector.tensor).map { Parameter(name: "tensor\(1000 + $0)", shape: [1]) })
      try basis(vector.basis, seed: vector.seed, candidates: vector.sums.count).project(
        gradient, tensor: vector.tensor, of: parameters, offset: vector.offset, addingTo: sums,
        kernels: DirectionKernels(.best))
      #expect(try words(vector.projected) == sums.bits)
    }
  }
}
