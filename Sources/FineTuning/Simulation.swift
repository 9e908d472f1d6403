public import Datasets
public import Federation
internal import Kernels
public import SeedBasis
public import SeedDescent
internal import Tensors
internal import Weights

/// FedKSeed on one machine: a server and its clients, which exchange real messages.
///
/// One round, from here down: the server plans it (``FederationServer``), each participant takes
/// its local steps (``TuningClient``, ``LocalTuner``), each step asks for the loss on two sides of
/// a direction (``LossObjective``), and the server averages what moved (``Aggregator``).
///
/// A client is its examples and, between two rounds, some hundred bytes; all clients share the base file.
public struct Simulation {
  /// The directions.
  public let basis: SeedBasis

  /// Which training examples each client has.
  public let partition: Partition

  /// The clients, each at its number.
  package private(set) var clients: [SimulatedClient]

  private let base: LoadedModel
  private let data: TuningData
  private let concurrency: Int
  private let rates: LearningRate
  /// The weights that FedZO is counted to exchange, in place of its messages.
  private let exchangedWeightCount: Int?
  private var server: FederationServer

  /// Creates a federation before its first round.
  ///
  /// - Parameter onStep: Called with the client's number after each local step of any client, from
  ///   any thread; may throw to stop the round.
  /// - Throws: ``SettingsError``, ``SeedBasisError`` or ``PartitionError`` that names the setting.
  public init(
    base: LoadedModel, data: TuningData, settings: TuningSettings,
    federation: SimulationSettings,
    onStep: @escaping @Sendable (_ client: Int, Step) throws -> Void = { _, _ in }
  ) throws {
    let agreement = try federation.agreement(
      on: settings, digest: federation.digest(with: settings, base: base))
    let steps = federation.rounds * agreement.localSteps
    let partition = try Partition(
      categories: data.training.map(\.category), clientCount: federation.clients,
      rule: PartitionRule(parsing: federation.partition), seed: settings.seed)
    concurrency = min(
      try federation.concurrency(of: base.context.threads.count, mode: settings.effectiveMode),
      agreement.participantCount)
    let clientBase = base.computed(
      by: base.context.with(threads: Threads(max(1, base.context.threads.count / concurrency))))
    let clientSettings = federation.clientSettings(settings)
    let makeClient: @Sendable (Int) throws -> TuningClient = { id in
      try TuningClient(
        id: id, base: clientBase, training: partition.clients[id].map { data.training[$0] },
        settings: clientSettings[id], agreement: agreement, steps: steps,
        onStep: { try onStep(id, $0) })
    }
    clients = try partition.clients.indices.map { try SimulatedClient(id: $0, makeClient) }
    self.base = base
    self.data = data
    self.partition = partition
    basis = try settings.makeBasis()
    rates = try settings.makeTuner(steps: steps).learningRate
    server = FederationServer(settings: agreement, learningRate: rates)
    exchangedWeightCount =
      settings.method == .fedzo ? base.store.parameters.elementCount : nil
  }

  /// The coordinates of the global model.
  public var coefficients: Coefficients { server.coefficients }

  /// The number of rounds finished.
  public var round: Int { server.round }

  /// What the server and its clients agreed on.
  public var agreement: FederationSettings { server.settings }

  /// The noise that the server adds in a round; `nil` without central noise.
  package func noise(of round: Int) -> CentralNoise? { server.noise(of: round) }

  /// The digest of the settings that server and clients share.
  package var digest: SettingsDigest { server.settings.digest }

  /// What ``resume(at:)`` needs to go on from here.
  public var state: SimulationState {
    SimulationState(server: server.state, clients: clients.map(\.state))
  }

  /// Moves to a saved state; the rounds to come have the bits of a run that never stopped.
  ///
  /// - Throws: ``StateError`` or ``BatchStateError`` if the state is that of other settings or
  ///   data.
  public mutating func resume(at state: SimulationState) throws {
    try state.server.check(fits: server)
    try StateError.check("clients", state.clients.count, clients.count)
    server = FederationServer(
      settings: server.settings, learningRate: server.learningRate, state: state.server)
    let known = coefficients.rounded
    for (id, client) in state.clients.enumerated() {
      try clients[id].resume(at: client, knowing: client.known(known))
    }
  }

  /// Runs one round; if it fails, everything is as before it.
  ///
  /// - Throws: ``FederationError`` or ``MessageError`` if a message is refused, and ``ModelError``
  ///   if an example does not fit the model.
  public mutating func runRound() throws -> RoundRecord {
    var transport = InProcessTransport(clients: clients, concurrency: concurrency)
    let record = try server.runRound(over: &transport)
    clients = transport.clients
    // Who took part in a round knows the same A.
    if let first = record.participants.first, let known = clients[first.client].known {
      for participant in record.participants { clients[participant.client].share(known) }
    }
    return exchangedWeightCount.map(record.exchangingWholeModels) ?? record
  }

  /// The learning rate of the next round.
  public var learningRate: Double { rates.value(at: round * agreement.localSteps) }

  /// Returns the held-out score of the global model.
  public func score() throws -> Score { try score(of: data.heldOut.indices) }

  /// Returns the score of the global model on the held-out examples at some places, at least one.
  ///
  /// - Parameter onProgress: Called with the number of examples that have been scored.
  public func score(
    of places: some Sequence<Int>, onProgress: (Int) -> Void = { _ in }
  ) throws -> Score {
    try base.score(places, heldOutOf: data, at: coefficients, of: basis, onProgress: onProgress)
  }

  /// Returns, for each client, how many examples it has of each category.
  public var categoryCounts: [[String: Int]] {
    partition.clients.map { indices in
      indices.reduce(into: [:]) { $0[data.training[$1].category, default: 0] += 1 }
    }
  }
}
