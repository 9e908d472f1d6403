public import Datasets
public import Federation
public import SeedBasis
public import SeedDescent

internal import Settings
internal import Kernels
internal import LanguageModels
internal import Tensors
internal import Weights

/// FedKSeed on one machine: a server and its clients, which exchange real messages.
///
/// One round, from here down: the server plans it (``FederationServer``), each participant takes its
/// local steps (``FederatedClient``, ``LocalTuner``), each step asks for the loss on two sides of a
/// direction (``LossObjective``), and the server averages what moved (``Aggregator``).
///
/// A client is its examples and K numbers; all clients share the base file.
public struct Simulation {
  private typealias Client = FederatedClient<LossObjective, ClientBatches>

  /// The directions.
  public let basis: SeedBasis

  /// Which training examples each client has.
  public let partition: Partition

  private let base: BaseModel
  private let data: TuningData
  private var server: FederationServer
  private var transport: InProcessTransport<Client>

  /// Creates a federation before its first round.
  ///
  /// - Parameter onStep: Called after each local step of any client, from any thread; may throw to
  ///   stop the round.
  /// - Throws: ``SettingsError``, ``SeedBasisError`` or ``PartitionError`` that names the setting.
  public init(
    base: BaseModel, data: TuningData, settings: TuningSettings,
    federation: SimulationSettings, digest: SettingsDigest,
    onStep: @escaping @Sendable (Step) throws -> Void = { _ in }
  ) throws {
    try settings.validate()
    guard settings.method != .mezo else {
      throw SettingsError(
        .method, found: "mezo", expected: "a federated one; of mezo it is fedzo")
    }
    _ = try SettingsError.within(1...1 << 20, federation.clients, .clients)
    _ = try SettingsError.within(1...1 << 20, federation.rounds, .rounds)
    let basis = try settings.makeBasis()
    let partition = try Partition(
      categories: data.training.map(\.category), clientCount: federation.clients,
      rule: PartitionRule(parsing: federation.partition), seed: settings.seed)
    let shared = try FederationSettings(
      clientCount: federation.clients, participation: Participation(federation.participation),
      candidateCount: settings.candidates, localSteps: federation.localSteps,
      directions: settings.directions, candidateRule: settings.candidateRule,
      significance: settings.method == .fedkseedPro ? settings.significance : nil,
      momentum: federation.serverMomentum, seed: settings.seed, digest: digest)
    let stepCount = federation.rounds * shared.localSteps
    let tuner = try settings.makeTuner(steps: stepCount)
    try settings.checkCandidates(forSteps: stepCount, ofClients: shared.participantCount)
    let concurrency = min(
      try federation.concurrency(of: base.context.threads.count, mode: settings.effectiveMode),
      shared.participantCount)
    let clientBase = base.computed(
      by: base.context.with(threads: Threads(max(1, base.context.threads.count / concurrency))))
    let clients = partition.clients.enumerated().map { id, indices in
      var client = Client(
        id: id, settings: shared, tuner: tuner,
        batches: ClientBatches(
          indices.map { data.training[$0] }, settings: settings, client: id),
        exampleCount: indices.count,
        objective: { LossObjective(base: clientBase, basis: basis, settings: settings) })
      client.onStep = onStep
      return client
    }
    self.base = base
    self.data = data
    self.basis = basis
    self.partition = partition
    server = FederationServer(settings: shared, learningRate: tuner.learningRate)
    transport = InProcessTransport(
      clients: clients, concurrency: concurrency,
      denseWeightCount: settings.method == .fedzo ? base.store.parameters.elementCount : nil)
  }

  /// The coordinates of the global model.
  public var coefficients: Coefficients { server.coefficients }

  /// The number of rounds finished.
  public var round: Int { server.round }

  /// What ``resume(at:)`` needs to go on from here.
  public var state: SimulationState {
    SimulationState(
      round: server.round, coefficients: server.coefficients, velocity: server.velocity,
      significance: server.significance,
      clients: transport.clients.map {
        ClientState(samplerPosition: $0.sampler.position, batches: $0.batches.state)
      })
  }

  /// Moves to a saved state; the rounds to come have the bits of a run that never stopped.
  ///
  /// - Throws: ``StateError`` or ``BatchStateError`` if the state is that of other settings or data.
  public mutating func resume(at state: SimulationState) throws {
    try StateError.check("coefficients", state.coefficients.count, basis.candidateCount)
    try StateError.check(
      "velocity", state.velocity?.count ?? basis.candidateCount, basis.candidateCount)
    try StateError.check(
      "significance", state.significance?.counts.count, server.significance?.counts.count)
    try StateError.check("clients", state.clients.count, transport.clients.count)
    try StateError.check("round", state.round, atMost: Int(Int32.max))
    server = FederationServer(
      settings: server.settings, learningRate: server.learningRate,
      coefficients: state.coefficients, round: state.round, velocity: state.velocity,
      significance: state.significance)
    for (id, client) in state.clients.enumerated() {
      transport.clients[id].sampler.position = client.samplerPosition
      try transport.clients[id].batches.resume(at: client.batches)
    }
  }

  /// Runs one round; if it fails, everything is as before it.
  ///
  /// - Throws: ``FederationError`` or ``MessageError`` if a message is refused, and ``ModelError`` if
  ///   an example does not fit the model.
  public mutating func runRound() throws -> RoundRecord {
    try server.runRound(over: &transport)
  }

  /// Returns the held-out score of the global model.
  public func score() throws -> Score {
    try base.score(data.heldOut, weights: base.tuned(by: coefficients, of: basis))
  }

  /// Returns, for each client, how many examples it has of each category.
  public var categoryCounts: [[String: Int]] {
    partition.clients.map { indices in
      indices.reduce(into: [:]) { $0[data.training[$1].category, default: 0] += 1 }
    }
  }
}

extension SimulationSettings {
  /// Returns how many clients work at once, if enough take part.
  fileprivate func concurrency(of threads: Int, mode: WeightMode) throws(SettingsError) -> Int {
    guard let concurrentClients else { return mode == .virtual ? threads : 1 }
    return try SettingsError.within(1...1024, concurrentClients, .concurrentClients)
  }
}
