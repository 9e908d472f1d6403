import SeedBasis
import Testing

@Suite("Bases and coefficients")
struct SeedBasisTests {
  @Test(
    "hadamard refuses K that is no power of two from 2 to 65536",
    arguments: [Int.min, -4, -1, 0, 1, 3, 4095, 4097, 65537, 131072, Int.max])
  func hadamardCandidates(count: Int) {
    #expect(throws: SeedBasisError.self) {
      try SeedBasis(kind: .hadamard, seed: 0, candidateCount: count)
    }
  }

  @Test("The message for K = 5000 names the value, the rule and a remedy")
  func message() {
    let error = #expect(throws: SeedBasisError.self) {
      try SeedBasis(kind: .hadamard, seed: 0, candidateCount: 5000)
    }
    #expect(
      error?.description == """
        the basis hadamard needs K to be a power of two from 2 to 65536, but K is 5000; choose for \
        example 8192, or another basis
        """)
  }

  @Test(
    "rademacher and gaussian take any K from 1 to 65536",
    arguments: [BasisKind.rademacher, .gaussian], [0, 1, 3, 65536, 65537, -1])
  func otherCandidates(kind: BasisKind, count: Int) {
    let basis = try? SeedBasis(kind: kind, seed: 0, candidateCount: count)
    #expect((basis != nil) == (1...65536).contains(count))
  }

  @Test(
    "A coefficient that is not finite as binary32 is refused and nothing changes",
    arguments: [Double.nan, .infinity, -.infinity, 1e39, -3.5e38, .greatestFiniteMagnitude])
  func notFinite(value: Double) throws {
    var coefficients = try Coefficients([1, 2, 3])
    #expect(throws: SeedBasisError.self) { try coefficients.add(value, to: 1) }
    let other = try Coefficients([1, 1, 1])
    #expect(throws: SeedBasisError.self) { try coefficients.add(other, scaledBy: value) }
    #expect(coefficients.values == [1, 2, 3])
  }

  @Test("Received coefficients must be finite", arguments: [Float.nan, .infinity])
  func receivedNotFinite(value: Float) {
    #expect(throws: SeedBasisError.self) { try Coefficients([0, value]) }
  }

  @Test("Many small steps add up in binary64 though each is lost in binary32")
  func accumulation() throws {
    var coefficients = try Coefficients([1])
    for _ in 0..<1000 { try coefficients.add(1e-9, to: 0) }
    #expect(coefficients.rounded == [Float(1.000001)])
  }

  @Test("Vectors of different lengths cannot be added")
  func lengths() throws {
    var coefficients = try Coefficients([1, 2])
    let other = try Coefficients([1])
    #expect(throws: SeedBasisError.coefficientCount(1, expected: 2)) {
      try coefficients.add(other, scaledBy: 1)
    }
  }

  @Test("Seeds, tensors and candidates name different directions", arguments: BasisKind.allCases)
  func names(kind: BasisKind) throws {
    func values(_ seed: UInt64, _ k: Int, _ tensor: Int) throws -> [Float] {
      try SeedBasis(kind: kind, seed: seed, candidateCount: 256)
        .values(of: k, tensor: tensor, offset: 0, count: 256)
    }
    let first = try values(1, 1, 1)
    // 2^32 + 1 differs from 1 in the high word only.
    for other in [
      try values(2, 1, 1), try values(1 << 32 + 1, 1, 1), try values(1, 2, 1), try values(1, 1, 2),
    ] {
      #expect(first != other)
    }
  }
}
