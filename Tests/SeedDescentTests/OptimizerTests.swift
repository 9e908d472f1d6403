import Foundation
import SeedBasis
import SeedDescent
import Testing

@Suite("Optimisers of all K coefficients")
struct OptimizerTests {
  static let optimizers: [(name: String, optimizer: Optimizer)] = [
    ("sgd", .sgd), ("momentum 0.9", .momentum(0.9)), ("adam 0.9 0.999 1e-8", .adam()),
    ("adam 0.8 0.99 1e-3", .adam(beta1: 0.8, beta2: 0.99, epsilon: 1e-3)),
  ]

  /// What torch.optim makes of them; Golden/make_golden.py wrote it.
  struct Golden: Decodable {
    let gradients: [[Double]]
    let rates: [Double]
    let parameters: [String: [[Double]]]
    let clipped: [Double]
  }

  static func golden() throws -> Golden {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/golden.json")
    return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  /// Gradients of very different sizes, the same at every call.
  static func gradient(_ step: Int, count: Int = 16) -> [Double] {
    (0..<count).map { k in
      let phase = Double((step * 7 + k * 5) % 11 - 5) / 3
      return phase * [1e-6, 1, 1e4][k % 3]
    }
  }

  @Test("increments are those of torch.optim", arguments: optimizers.indices)
  func torch(index: Int) throws {
    let (name, optimizer) = Self.optimizers[index]
    let golden = try Self.golden()
    let expected = try #require(golden.parameters[name])
    var state = OptimizerState()
    var before = [0.0, 0.0]
    for (step, gradient) in golden.gradients.enumerated() {
      let increments = try #require(
        optimizer.increments(against: gradient, learningRate: golden.rates[step], state: &state))
      for k in 0..<2 {
        let change = expected[step][k] - before[k]
        // One rounding to Float, and a few of 2⁻⁵³ of numbers below 2 in torch's parameters.
        let tolerance: Double = 0x1p-24 * abs(change) + 0x1p-50
        #expect(abs(Double(increments[k]) - change) <= tolerance)
      }
      before = expected[step]
    }
    #expect(state.step == 6)
  }

  @Test("a plain loop over each coefficient gives the same bits", arguments: optimizers.indices)
  func oracle(index: Int) throws {
    let optimizer = Self.optimizers[index].optimizer
    var state = OptimizerState()
    var (m, s) = ([Double](repeating: 0, count: 16), [Double](repeating: 0, count: 16))
    var powers = (1.0, 1.0)
    for step in 1...4 {
      let (gradient, rate) = (Self.gradient(step), 0.1 / Double(step))
      let found = try #require(
        optimizer.increments(against: gradient, learningRate: rate, state: &state))
      if case .adam(let beta1, let beta2, _) = optimizer {
        powers = (powers.0 * beta1, powers.1 * beta2)
      }
      for k in 0..<16 {
        let direction: Double
        switch optimizer {
        case .sgd: direction = gradient[k]
        case .momentum(let beta):
          m[k] = step == 1 ? gradient[k] : beta * m[k] + gradient[k]
          direction = m[k]
        case .adam(let beta1, let beta2, let epsilon):
          m[k] = beta1 * m[k] + (1 - beta1) * gradient[k]
          s[k] = beta2 * s[k] + (1 - beta2) * (gradient[k] * gradient[k])
          direction =
            (m[k] / (1 - powers.0)) / (s[k].squareRoot() / (1 - powers.1).squareRoot() + epsilon)
        }
        let expected = Float(-rate * direction)
        // Powers up to the third are products in one order, the fourth in another.
        let tolerance: Float = step < 4 ? 0 : 0x1p-23 * abs(expected)
        #expect(abs(found[k] - expected) <= tolerance)
      }
    }
  }

  @Test("a state that was saved goes on with the same bits", arguments: optimizers.indices)
  func resumes(index: Int) throws {
    let optimizer = Self.optimizers[index].optimizer
    var state = OptimizerState()
    for step in 0..<3 {
      _ = optimizer.increments(against: Self.gradient(step), learningRate: 0.1, state: &state)
    }
    var restored = try JSONDecoder().decode(
      OptimizerState.self, from: JSONEncoder().encode(state))
    #expect(restored == state && state.first.count + state.second.count <= 32)
    for step in 3..<6 {
      let increments = [state, restored].map { start in
        var start = start
        return optimizer.increments(
          against: Self.gradient(step), learningRate: 0.1, state: &start)
      }
      #expect(increments[0] == increments[1] && increments[0] != nil)
      _ = optimizer.increments(against: Self.gradient(step), learningRate: 0.1, state: &state)
      restored = state
    }
  }

  @Test("a step with a number that is not finite is none", arguments: optimizers.indices)
  func notFinite(index: Int) {
    let optimizer = Self.optimizers[index].optimizer
    var state = OptimizerState()
    _ = optimizer.increments(against: [1, 1], learningRate: 1, state: &state)
    let before = state
    for gradient in [[1, .nan], [.infinity, 1]] {
      #expect(optimizer.increments(against: gradient, learningRate: 1, state: &state) == nil)
      #expect(state == before)
    }
    #expect(optimizer.increments(against: [1, 1], learningRate: 1e300, state: &state) == nil)
  }

  @Test(
    "a saved state that cannot be is refused",
    arguments: [
      #"{"step":-1,"first":"","second":""}"#, #"{"step":1,"first":"AAAA","second":""}"#,
      #"{"step":0,"first":"AAAAAAAA8D8=","second":""}"#,
      #"{"step":1,"first":"","second":"AAAAAAAA8D8="}"#,
      #"{"step":1,"first":"AAAAAAAA8D8=","second":"AAAAAAAA8L8="}"#,
      #"{"step":1,"first":"AAAAAAAA8H8=","second":""}"#, #"{"step":1,"first":""}"#,
    ])
  func badState(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(OptimizerState.self, from: Data(text.utf8))
    }
  }

  @Test("a long gradient is shortened to the limit as torch does")
  func shortening() throws {
    let gradient = [3.0, -4]
    for (found, expected) in zip(gradient.shortened(toNorm: 2), try Self.golden().clipped) {
      // torch divides by the norm and 10⁻⁶.
      #expect(abs(found - expected) < 1e-6)
    }
    #expect(
      gradient.shortened(toNorm: 5) == gradient && gradient.shortened(toNorm: nil) == gradient)
  }

  @Test("each minimises a quadratic", arguments: optimizers.indices)
  func minimises(index: Int) throws {
    let loss = Quadratic.example
    var (state, coefficients) = (OptimizerState(), Coefficients(candidateCount: 8))
    for step in 0..<400 {
      let gradient = zip(coefficients.values, zip(loss.target, loss.curvature)).map {
        $1.1 * ($0 - $1.0)
      }
      let increments = try #require(
        Self.optimizers[index].optimizer.increments(
          against: gradient, learningRate: step < 200 ? 0.05 : 0.01, state: &state))
      try coefficients.add(.all(increments))
    }
    #expect(loss.loss(coefficients) < 0.01)
  }
}
