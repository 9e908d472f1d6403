internal import ArgumentParser
internal import FineTuning
internal import Settings

/// Who takes part in a federation, and how often they meet.
struct FederationOptions: ParsableArguments {
  @Option(name: .setting(.clients), help: "N, the number of clients.")
  var clients = SimulationSettings().clients

  @Option(
    name: .setting(.participation),
    help: "The clients in a round: a share up to 1, or a number from 2 on.")
  var participation = SimulationSettings().participation

  @Option(name: .setting(.rounds), help: "The number of rounds.")
  var rounds = SimulationSettings().rounds

  @Option(name: .setting(.localSteps), help: "The number of steps of a client in a round.")
  var localSteps = SimulationSettings().localSteps

  @Option(
    name: .setting(.partition),
    help: ArgumentHelp(
      "How clients share the examples.",
      discussion:
        "iid, by-category, dirichlet:ALPHA, quantity:ALPHA, or by-key:FIELD: a client for "
        + "each value of a field of JSON records, or of 'category'."),
    completion: .list(["iid", "by-category", "dirichlet:0.5", "quantity:0.5", "by-key:"]))
  var partition = SimulationSettings().partition

  @Option(
    name: .setting(.serverMomentum),
    help: "How much of a round's movement goes on in the next, from 0 and below 1.")
  var serverMomentum = SimulationSettings().serverMomentum

  @Option(
    name: .setting(.incrementLimit),
    help: "Skip a step that would move a coefficient by more; the server refuses it.")
  var incrementLimit: Float?

  @Option(
    name: .setting(.patience), help: "Stop after this many rounds without a lower held-out loss.")
  var patience: Int?

  @Option(
    name: .setting(.concurrentClients),
    help: ArgumentHelp(
      "The number of clients that work at once, sharing the threads.",
      discussion: "Results do not depend on it. If not given, as many as threads in virtual mode "
        + "and one in dense."))
  var concurrentClients: Int?

  /// The settings that these options make.
  var settings: SimulationSettings {
    var settings = SimulationSettings()
    settings.clients = clients
    settings.participation = participation
    settings.rounds = rounds
    settings.localSteps = localSteps
    settings.partition = partition
    settings.serverMomentum = serverMomentum
    settings.incrementLimit = incrementLimit
    settings.patience = patience
    settings.concurrentClients = concurrentClients
    return settings
  }
}
