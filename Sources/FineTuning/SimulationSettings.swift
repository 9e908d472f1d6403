internal import CounterRandom
internal import Datasets
public import Federation
internal import SeedDescent
package import Settings
internal import Weights

/// The clients of a simulated federation and how they work together.
public struct SimulationSettings: Equatable, Sendable {
  /// The number of clients N.
  public var clients = 8
  /// The share of the clients in a round, or from 2 on their number.
  public var participation = 1.0
  /// The number of rounds.
  public var rounds = 10
  /// The number of local steps τ of a client in a round.
  public var localSteps = 20
  /// How the training examples are divided, as ``Datasets/PartitionRule`` is written.
  public var partition = "by-category"
  /// How the clients' movements become one.
  public var aggregation = AggregationRule.mean
  /// What the server makes of a round's movement.
  public var serverOptimizer = ServerOptimizer.mean
  /// In how many bits coefficients, and increments of all of them, are sent; `nil` is 32 bits for pairs, as
  /// published, and 16 for steps along all directions.
  public var precision: CoefficientPrecision?
  /// W, the number of coefficients that move in a round, of which K is a multiple; `nil` for all K.
  public var window: Int?
  /// The share of the clients that take two-sided steps where others take steps along all directions.
  public var zerothOrderShare = 0.0
  /// The learning rate of these clients, at its largest.
  public var zerothOrderLearningRate = 1e-5
  /// The largest increment of a coefficient that the server accepts; `nil` for any finite number.
  public var incrementLimit: Float?
  /// How clients' updates are made private; `nil` if they are not.
  public var privacy: PrivacyRule?
  /// The run stops after so many rounds without a lower held-out loss; `nil` for never.
  public var patience: Int?
  /// How many clients work at once; `nil` is as many as threads in virtual mode, else one.
  ///
  /// Results do not depend on it. In virtual mode a client at work takes activations and scratch,
  /// in dense mode a copy of the weights too.
  public var concurrentClients: Int?

  /// Creates the default settings.
  public init() {}
}

extension SimulationSettings {
  /// Returns what the server and each client of the federation must have alike.
  ///
  /// - Throws: ``SettingsError`` or ``SeedBasisError`` that names the setting.
  public func agreement(
    on settings: TuningSettings, digest: SettingsDigest
  ) throws -> FederationSettings {
    try settings.validate()
    guard settings.method != .mezo else {
      throw SettingsError(
        .method, found: "mezo", expected: "a federated one; of mezo it is fedzo")
    }
    _ = try SettingsError.within(1...1 << 20, clients, .clients)
    _ = try SettingsError.within(1...1 << 20, rounds, .rounds)
    _ = try PartitionRule(parsing: partition)
    _ = try patience.map { try EarlyStopping(patience: $0) }
    try checkZerothOrder(with: settings)
    try checkPrivacy(with: settings)
    let agreement = try FederationSettings(
      clientCount: clients, participation: Participation(participation),
      candidateCount: settings.candidates, localSteps: localSteps,
      directions: settings.directions, candidateRule: settings.candidateRule,
      significance: settings.method == .fedkseedPro ? settings.significance : nil,
      aggregation: aggregation, optimizer: serverOptimizer,
      precision: effectivePrecision(with: settings),
      admitsAll: settings.estimator == .backprop || privacy != nil, windowSize: window,
      seed: settings.seed, incrementLimit: incrementLimit, privacy: privacy, digest: digest)
    try settings.checkCandidates(
      forSteps: rounds * agreement.localSteps, ofClients: agreement.participantCount)
    return agreement
  }

  private func checkZerothOrder(with settings: TuningSettings) throws(SettingsError) {
    guard (0...1).contains(zerothOrderShare) else {
      throw SettingsError(
        .zerothOrderShare, found: "\(zerothOrderShare)", expected: "a number from 0 to 1")
    }
    guard zerothOrderShare == 0 || settings.estimator == .backprop else {
      throw SettingsError(
        .zerothOrderShare, found: "\(zerothOrderShare)",
        expected: "left out without '--estimator backprop': all clients then send pairs")
    }
    guard zerothOrderShare == 0 || window == nil else {
      throw SettingsError(
        .zerothOrderShare, found: "\(zerothOrderShare)",
        expected: "left out with '--window': pairs are of all candidates")
    }
    guard zerothOrderShare == 0 || !aggregation.isCoordinatewise else {
      throw SettingsError(
        .zerothOrderShare, found: "\(zerothOrderShare)",
        expected: "left out with '--aggregation \(aggregation)': pairs are of few candidates")
    }
    _ = try SettingsError.positive(zerothOrderLearningRate, .zerothOrderLearningRate)
  }

  private func checkPrivacy(with settings: TuningSettings) throws(SettingsError) {
    guard let privacy, settings.method != .fedkseed else { return }
    throw SettingsError(
      .privacy, found: privacy.placement.rawValue,
      expected: "left out with '--method \(settings.method.rawValue)': updates must be vectors")
  }

  /// The precision in force.
  func effectivePrecision(with settings: TuningSettings) -> CoefficientPrecision {
    let hasVectors = settings.estimator == .backprop || privacy != nil
    return precision ?? (hasVectors ? .integer16 : .binary32)
  }

  /// Returns the settings of each client, by its number: those of the federation, but two-sided steps for
  /// ``zerothOrderShare`` of them, which the seed chooses.
  package func clientSettings(_ settings: TuningSettings) -> [TuningSettings] {
    var stream = RandomStream(seed: settings.seed, tag: .zerothOrderClients)
    let count = Int((zerothOrderShare * Double(clients)).rounded())
    let chosen = Set(stream.sample(count, below: clients))
    var zerothOrder = settings
    zerothOrder.estimator = .twoSided
    zerothOrder.learningRate = zerothOrderLearningRate
    return (0..<clients).map { chosen.contains($0) ? zerothOrder : settings }
  }

  /// Returns the digest of all settings that server and clients share.
  ///
  /// - Parameter base: The model; its hashes count.
  public func digest(with settings: TuningSettings, base: LoadedModel) -> SettingsDigest {
    SettingsDigest(
      of: settings.record.merging(record(with: settings)), base: base.store.identity(),
      parameterMap: base.store.parameterMapHash)
  }

  /// Returns the number of steps that all clients take in a round.
  ///
  /// - Throws: As ``agreement(on:digest:)``, for all that can be checked without model and data.
  public func stepsPerRound(of settings: TuningSettings) throws -> Int {
    let agreement = try agreement(on: settings, digest: SettingsDigest(of: [:]))
    let steps = agreement.participantCount * agreement.localSteps
    guard !steps.multipliedReportingOverflow(by: rounds).overflow else {
      throw SettingsError(
        .rounds, found: "\(rounds)",
        expected: "so small that all steps of all clients are at most \(Int.max)")
    }
    return steps
  }

  /// Returns how many clients work at once, if enough take part.
  package func concurrency(of threads: Int, mode: WeightMode) throws(SettingsError) -> Int {
    guard let concurrentClients else { return mode == .virtual ? threads : 1 }
    return try SettingsError.within(1...1024, concurrentClients, .concurrentClients)
  }
}
