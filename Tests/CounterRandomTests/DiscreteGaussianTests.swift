import CounterRandom
import Foundation
import Testing

@Suite("Normal integers")
struct DiscreteGaussianTests {
  private func samples(_ count: Int, squaredScale: Int) -> [Int] {
    let distribution = DiscreteGaussian(squaredScale: squaredScale)
    var random = RandomStream(seed: 7, tag: .decoding, a: UInt32(truncatingIfNeeded: squaredScale))
    return (0..<count).map { _ in distribution.next(using: &random) }
  }

  @Test("each integer comes as often as its formula says", arguments: [1, 2, 9])
  func frequencies(squaredScale: Int) {
    let count = 40_000
    let weight = { (x: Int) in exp(-Double(x * x) / Double(2 * squaredScale)) }
    let total = (-60...60).reduce(0) { $0 + weight($1) }
    let found = samples(count, squaredScale: squaredScale).reduce(into: [:]) {
      $0[$1, default: 0] += 1
    }
    for x in -4...4 {
      let share = weight(x) / total
      // Five standard deviations of a count of independent draws.
      let bound = 5 * (Double(count) * share * (1 - share)).squareRoot()
      #expect(abs(Double(found[x] ?? 0) - Double(count) * share) < bound, "\(x)")
    }
  }

  @Test(
    "mean, variance and tail are those of the normal distribution",
    arguments: [1_000_000, 12_345_678, DiscreteGaussian.largestSquaredScale])
  func moments(squaredScale: Int) {
    let count = 10_000.0
    let scaled = samples(Int(count), squaredScale: squaredScale).map {
      Double($0) / Double(squaredScale).squareRoot()
    }
    let mean = scaled.reduce(0, +) / count
    let variance = scaled.reduce(0) { $0 + $1 * $1 } / count
    // Five standard deviations each; the variance of a normal's square is 2.
    let (meanBound, varianceBound) = (5 / count.squareRoot(), 5 * (2 / count).squareRoot())
    #expect(abs(mean) < meanBound)
    #expect(abs(variance - 1) < varianceBound)
    // The integers lie densely here.
    let share = Double(scaled.count { abs($0) > 1.959964 }) / count
    let shareBound = 5 * (0.05 * 0.95 / count).squareRoot()
    #expect(abs(share - 0.05) < shareBound)
    #expect(scaled.allSatisfy { abs($0) < 7 })
  }

  @Test("the same numbers make the same samples")
  func repetition() {
    #expect(samples(100, squaredScale: 50) == samples(100, squaredScale: 50))
    #expect(samples(100, squaredScale: 50) != samples(100, squaredScale: 51))
  }
}
