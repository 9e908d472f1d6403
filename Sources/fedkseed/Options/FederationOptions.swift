internal import ArgumentParser
internal import Datasets
internal import Federation
internal import FineTuning
internal import SeedDescent

/// Who takes part in a federation, and how often they meet.
struct FederationOptions: ParsableArguments {
  @Option(help: "N, the number of clients.")
  var clients = SimulationSettings().clients

  @Option(help: "The clients in a round: a share up to 1, or a number from 2 on.")
  var participation = SimulationSettings().participation

  @Option(help: "The number of rounds.")
  var rounds = SimulationSettings().rounds

  @Option(help: "The number of steps of a client in a round.")
  var localSteps = SimulationSettings().localSteps

  @Option(
    help: ArgumentHelp(
      "How clients share the examples.",
      discussion:
        "iid, by-category, dirichlet:ALPHA, quantity:ALPHA, or by-key:FIELD: a client for "
        + "each value of a field of JSON records, or of 'category'."),
    completion: .list(["iid", "by-category", "dirichlet:0.5", "quantity:0.5", "by-key:"]))
  var partition = SimulationSettings().partition

  @Option(help: "How much of a round's movement goes on in the next, from 0 and below 1.")
  var serverMomentum = SimulationSettings().serverMomentum

  @Option(help: "Stop after this many rounds without a lower held-out loss.")
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      "The number of clients that work at once, sharing the threads.",
      discussion: "Results do not depend on it. If not given, as many as threads in virtual mode "
        + "and one in dense."))
  var concurrentClients: Int?

  /// What defines the result.
  var settings: [Setting] {
    [
      Setting("clients", clients), Setting("participation", participation),
      Setting("rounds", rounds), Setting("local-steps", localSteps),
      Setting("partition", partition), Setting("server-momentum", serverMomentum),
    ] + (patience.map { [Setting("patience", $0)] } ?? [])
  }

  var simulationSettings: SimulationSettings {
    var settings = SimulationSettings()
    settings.clients = clients
    settings.participation = participation
    settings.rounds = rounds
    settings.localSteps = localSteps
    settings.partition = partition
    settings.serverMomentum = serverMomentum
    settings.patience = patience
    settings.concurrentClients = concurrentClients
    return settings
  }

  /// Returns the number of steps of all rounds and clients.
  ///
  /// - Throws: An error that names the setting, for all that can be checked without model and data.
  func stepCount(with options: RunOptions) throws -> Int {
    guard (1...1 << 20).contains(rounds) else {
      throw InputError("'--rounds' must be a whole number from 1 to \(1 << 20), but is \(rounds)")
    }
    _ = try PartitionRule(parsing: partition)
    _ = try patience.map { try EarlyStopping(patience: $0) }
    let method = try options.tuning.settings(with: options.data)
    let agreed = try FederationSettings(
      clientCount: clients, participation: Participation(participation),
      candidateCount: method.candidates, localSteps: localSteps, directions: method.directions,
      candidateRule: method.candidateRule, optimizer: ServerOptimizer(momentum: serverMomentum),
      seed: method.seed, digest: SettingsDigest(of: [:]))
    let (count, overflow) = (agreed.participantCount * rounds)
      .multipliedReportingOverflow(by: localSteps)
    guard !overflow else {
      throw InputError("'--rounds', '--clients' and '--local-steps' together are too many steps")
    }
    return count
  }
}
