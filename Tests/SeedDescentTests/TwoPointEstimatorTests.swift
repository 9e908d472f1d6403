import SeedBasis
import SeedDescent
import Settings
import Testing

@Suite("Two-point estimator")
struct TwoPointEstimatorTests {
  @Test(
    "the scalar gradient is the difference of the losses over 2ε",
    arguments: [
      (LossPair(plus: 2, minus: 1), Float(0.5), 1.0), (LossPair(plus: 1, minus: 2), 0.25, -2),
      (LossPair(plus: 3, minus: 3), 0.125, 0), (LossPair(plus: 0, minus: 8), 2, -2),
    ])
  func slope(losses: LossPair, epsilon: Float, expected: Double) throws {
    #expect(try TwoPointEstimator(epsilon: epsilon).scalarGradient(of: losses) == expected)
  }

  @Test(
    "losses that are not finite give no gradient, with and without a limit",
    arguments: [
      LossPair(plus: .nan, minus: 1), LossPair(plus: 1, minus: .nan),
      LossPair(plus: .infinity, minus: 1), LossPair(plus: 1, minus: -.infinity),
      LossPair(plus: .infinity, minus: .infinity),
      LossPair(plus: .greatestFiniteMagnitude, minus: -.greatestFiniteMagnitude),
      LossPair(plus: 1e308, minus: 0),  // finite, but not when divided by 2ε
    ], [nil, 10])
  func notFinite(losses: LossPair, limit: Double?) throws {
    let estimator = try TwoPointEstimator(epsilon: 1e-3, lossDifferenceLimit: limit)
    #expect(estimator.scalarGradient(of: losses) == nil)
  }

  @Test(
    "a limit drops what exceeds it and changes nothing else",
    arguments: [(1.5, nil), (-1.5, nil), (0.5, 0.25), (-0.5, -0.25), (1, 0.5)]
      as [(Double, Double?)]
  )
  func limit(difference: Double, expected: Double?) throws {
    let estimator = try TwoPointEstimator(epsilon: 1, lossDifferenceLimit: 1)
    let losses = LossPair(plus: 2 + difference, minus: 2)
    #expect(estimator.scalarGradient(of: losses) == expected)
  }

  @Test("on a quadratic it is the slope along the direction", arguments: 0..<8)
  func quadratic(candidate: Int) throws {
    let loss = Quadratic.example
    let epsilon: Float = 1 / 1024
    let losses = loss.losses(
      on: 0, at: Coefficients(candidateCount: 8),
      perturbedBy: Perturbation(candidate: candidate, epsilon: epsilon))
    let gradient = try #require(TwoPointEstimator(epsilon: epsilon).scalarGradient(of: losses))
    // The slope along z is minus the one along A. Central differences are exact for a quadratic;
    // what is left are roundings of losses below 16, some 30 operations each.
    let expected = -(loss.curvature[candidate] * (0 - loss.target[candidate]))
    #expect(abs(gradient - expected) <= 30 * 16 * Double.ulpOfOne / Double(epsilon))
  }

  static let settings: [(SettingKey, @Sendable (Double) throws -> Void)] = [
    (.epsilon, { _ = try TwoPointEstimator(epsilon: Float($0)) }),
    (.lossDifferenceLimit, { _ = try TwoPointEstimator(epsilon: 1, lossDifferenceLimit: $0) }),
    (.scalarClip, { _ = try TwoPointEstimator(epsilon: 1, clip: $0) }),
    (.learningRate, { _ = try LearningRate(constant: $0) }),
  ]

  @Test(
    "settings outside their range are refused by name, value and expectation",
    arguments: settings.indices, [0, -1, Double.nan, .infinity, -.infinity])
  func badSettings(index: Int, value: Double) {
    let (key, make) = Self.settings[index]
    let error = #expect(throws: SettingsError.self) { try make(value) }
    #expect(
      error?.description == "'--\(key.rawValue)' must be a positive finite number, but is \(value)")
  }
}
