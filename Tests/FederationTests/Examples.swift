import Federation
import SeedBasis
import SeedDescent

/// ½ Σ_k (A_k − t_k)²: each client has its own t, and the federation seeks the weighted mean.
struct Quadratic: Objective {
  let target: [Double]

  func losses(
    on batch: Int, at coefficients: Coefficients, perturbedBy perturbation: Perturbation
  ) -> LossPair {
    let epsilon = Double(perturbation.epsilon)
    return LossPair(
      plus: loss(coefficients, moved: -epsilon, at: perturbation.candidate),
      minus: loss(coefficients, moved: epsilon, at: perturbation.candidate))
  }

  func oneSidedLosses(
    on batch: Int, at coefficients: Coefficients, perturbedBy perturbations: [Perturbation]
  ) -> (base: Double, plus: [Double]) {
    let plus = perturbations.map {
      loss(coefficients, moved: -Double($0.epsilon), at: $0.candidate)
    }
    return (loss(coefficients, moved: 0, at: 0), plus)
  }

  func lossAndGradient(
    on batch: Int, at coefficients: Coefficients
  ) -> (loss: Double, gradient: [Double]) {
    let gradient = zip(coefficients.rounded, target).map { Double($0) - $1 }
    return (loss(coefficients, moved: 0, at: 0), gradient)
  }

  private func loss(_ coefficients: Coefficients, moved distance: Double, at place: Int) -> Double {
    coefficients.rounded.enumerated().reduce(0) { sum, coefficient in
      let (k, value) = coefficient
      let error = Double(value) + (k == place ? distance : 0) - target[k]
      return sum + error * error / 2
    }
  }
}

/// Batches 0, 1, 2, … up to and without `end`.
struct Counter: IteratorProtocol {
  var upcoming = 0
  var end = Int.max

  mutating func next() -> Int? {
    guard upcoming < end else { return nil }
    defer { upcoming += 1 }
    return upcoming
  }
}

typealias QuadraticClient = FederatedClient<Quadratic, Counter>

enum Example {
  static let digest = SettingsDigest(of: ["basis": "none"])

  static func settings(
    clients: Int, participation: Double = 1, candidates: Int = 16, localSteps: Int = 200,
    seed: UInt64 = 1, limit: Float? = nil, precision: CoefficientPrecision = .binary32,
    admitsAll: Bool = false
  ) throws -> FederationSettings {
    try FederationSettings(
      clientCount: clients, participation: Participation(participation),
      candidateCount: candidates, localSteps: localSteps, precision: precision,
      admitsAll: admitsAll, seed: seed, incrementLimit: limit, digest: digest)
  }

  static func tuner(rate: Double = 0.01) throws -> LocalTuner {
    LocalTuner(
      twoPoint: try TwoPointEstimator(epsilon: 1 / 256),
      learningRate: try LearningRate(constant: rate))
  }

  /// The t of a client: some numbers around 3, different for each.
  static func target(client: Int, candidates: Int = 16) -> [Double] {
    (0..<candidates).map { 3 + Double(($0 * 7 + client * 5) % 11 - 5) / 5 }
  }

  /// A server after `round` rounds.
  static func server(
    _ settings: FederationSettings, learningRate: LearningRate? = nil, round: Int,
    coefficients: Coefficients? = nil, significance: SeedSignificance? = nil
  ) -> FederationServer {
    let zero = Coefficients(candidateCount: settings.candidateCount)
    return FederationServer(
      settings: settings, learningRate: learningRate,
      state: ServerState(
        round: round, model: GlobalModel(coefficients: coefficients ?? zero),
        significance: significance))
  }

  static func clients(
    _ settings: FederationSettings, tuner: LocalTuner,
    target: (Int) -> [Double] = { target(client: $0) }
  ) -> [QuadraticClient] {
    (0..<settings.clientCount).map { id in
      FederatedClient(
        id: id, settings: settings, tuner: tuner, batches: Counter(), exampleCount: 10 * (id + 1),
        objective: { [target = target(id)] in Quadratic(target: target) })
    }
  }

  static func update(
    client: Int = 0, round: Int = 0, candidates: Int = 16, examples: Int = 10, skipped: Int = 0,
    digest: SettingsDigest = digest, steps: [(Int, Float)]
  ) -> ClientUpdate {
    ClientUpdate(
      settings: digest, round: round, client: client, candidateCount: candidates,
      exampleCount: examples, skippedCount: skipped, meanLoss: steps.isEmpty ? nil : 1,
      steps: steps.map { StepRecord(candidate: $0.0, increment: $0.1) })
  }

  /// An update of all candidates.
  static func update(
    client: Int = 0, round: Int = 0, examples: Int = 10, skipped: Int = 0, all: [Float],
    steps: Int
  ) -> ClientUpdate {
    ClientUpdate(
      settings: digest, round: round, client: client, candidateCount: all.count,
      exampleCount: examples, skippedCount: skipped, meanLoss: 1,
      content: .all(
        .integer16(ScaledIntegers(nearest: all.map(Double.init))), stepCount: steps))
  }
}
