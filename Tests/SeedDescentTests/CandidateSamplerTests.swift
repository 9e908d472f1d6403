import CounterRandom
import Testing
import SeedDescent

@Suite("Candidate sampler")
struct CandidateSamplerTests {
  static func draws(_ count: Int, from sampler: CandidateSampler) -> [Int] {
    var sampler = sampler
    return (0..<count).map { _ in sampler.next() }
  }

  @Test("every candidate is drawn equally often", arguments: [1, 2, 7, 64])
  func uniform(candidateCount: Int) {
    var counts = [Int](repeating: 0, count: candidateCount)
    let sampler = CandidateSampler(candidateCount: candidateCount, seed: 1)
    for candidate in Self.draws(1000 * candidateCount, from: sampler) { counts[candidate] += 1 }
    let chiSquare = counts.reduce(0.0) { $0 + Double(($1 - 1000) * ($1 - 1000)) / 1000 }
    // At most 63 degrees of freedom: above 130 with probability 10⁻⁶.
    #expect(chiSquare < 130)
  }

  @Test("draws repeat: a run of 64 draws from 64 candidates has fewer than 64 different ones")
  func replacement() {
    let draws = Self.draws(64, from: CandidateSampler(candidateCount: 64, seed: 2))
    #expect(Set(draws).count < 64)
  }

  @Test("the draws are those of the client's candidateChoice stream")
  func stream() {
    var stream = RandomStream(seed: 5, tag: .candidateChoice, a: 3)
    let expected = (0..<50).map { _ in stream.next(below: 4096) }
    let sampler = CandidateSampler(candidateCount: 4096, seed: 5, client: 3)
    #expect(Self.draws(50, from: sampler) == expected)
  }

  @Test("clients and seeds draw independently")
  func independence() {
    let samplers = [(1, 0), (1, 1), (2, 0), (2, 1)].map { seed, client in
      CandidateSampler(candidateCount: 4096, seed: UInt64(seed), client: client)
    }
    #expect(Set(samplers.map { Self.draws(10, from: $0) }).count == samplers.count)
  }

  @Test("a sampler goes on from a saved position", arguments: [0, 1, 2, 37])
  func resumes(position: Int) {
    var sampler = CandidateSampler(candidateCount: 1000, seed: 6)
    for _ in 0..<position { _ = sampler.next() }
    var resumed = CandidateSampler(candidateCount: 1000, seed: 6)
    resumed.position = sampler.position
    #expect(resumed == sampler && Self.draws(9, from: resumed) == Self.draws(9, from: sampler))
  }
}
