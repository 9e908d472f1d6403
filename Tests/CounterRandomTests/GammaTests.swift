import CounterRandom
import Testing

@Suite("Gamma and Dirichlet draws")
struct GammaTests {
  /// The sample mean and variance.
  static func moments(_ samples: [Double]) -> (mean: Double, variance: Double) {
    let mean = samples.reduce(0, +) / Double(samples.count)
    let squares = samples.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, squares / Double(samples.count))
  }

  @Test("a normal has mean 0, variance 1 and a kurtosis of 3")
  func normalMoments() {
    var stream = RandomStream(seed: 1, tag: .partition)
    let samples = (0..<40_000).map { _ in stream.normal() }
    let (mean, variance) = Self.moments(samples)
    let fourth = samples.reduce(0.0) { $0 + $1 * $1 * $1 * $1 } / 40_000
    // Standard errors 1/√n, √(2/n), √(96/n); five of each.
    #expect(abs(mean) < 0.025 && abs(variance - 1) < 0.0354 && abs(fourth - 3) < 0.245)
  }

  @Test("a gamma sample has its shape as mean and variance", arguments: [0.1, 0.5, 1, 2.5, 40])
  func gammaMoments(shape: Double) {
    var stream = RandomStream(seed: 2, tag: .partition)
    let n = 40_000.0
    let (mean, variance) = Self.moments((0..<40_000).map { _ in stream.gamma(shape: shape) })
    #expect(abs(mean - shape) < 5 * (shape / n).squareRoot())
    // The variance of a squared deviation is 2·shape² + 6·shape.
    #expect(abs(variance - shape) < 5 * ((2 * shape * shape + 6 * shape) / n).squareRoot())
  }

  @Test("Dirichlet shares have the mean and variance of theory", arguments: [0.1, 0.5, 5, 100])
  func dirichletMoments(concentration: Double) {
    var stream = RandomStream(seed: 3, tag: .partition)
    let count = 8.0
    let n = 20_000.0
    let draws = (0..<20_000).map { _ in stream.dirichlet(concentration: concentration, count: 8) }
    #expect(draws.allSatisfy { abs($0.reduce(0, +) - 1) < 1e-12 && $0.allSatisfy { $0 >= 0 } })
    let (mean, variance) = Self.moments(draws.map { $0[3] })
    let expected = (count - 1) / (count * count * (count * concentration + 1))
    #expect(abs(mean - 1 / count) < 5 * (expected / n).squareRoot())
    // Shares lie in [0, 1], so a squared deviation varies by less than its mean.
    #expect(abs(variance - expected) < 5 * (expected / n).squareRoot())
  }

  @Test("shares stay finite when every gamma sample underflows", arguments: [1e-3, 1e-6, 1e-300])
  func tinyConcentration(concentration: Double) {
    var stream = RandomStream(seed: 4, tag: .partition)
    let shares = stream.dirichlet(concentration: concentration, count: 10)
    #expect(shares.contains(1) && shares.reduce(0, +) == 1)
  }
}
