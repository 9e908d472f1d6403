internal import ArgumentParser
internal import Federation
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
    name: .setting(.aggregation),
    help: ArgumentHelp(
      "How the clients' movements become one.",
      discussion:
        "mean, weighted by numbers of examples. Against clients that lie: clipped-mean:NORM, median, "
        + "trimmed-mean:SHARE, multi-krum:LIARS; median and trimmed-mean with backprop only."),
    transform: { try AggregationRule(parsing: $0) })
  var aggregation = SimulationSettings().aggregation

  @OptionGroup(visibility: .hidden) var server: ServerOptions

  @Option(
    name: .setting(.precision),
    help: ArgumentHelp(
      "How coefficients, and increments of all of them, are sent.",
      discussion: "If not given, integer16 with backprop, else binary32.", visibility: .hidden))
  var precision: CoefficientPrecision?

  @Option(
    name: .setting(.window),
    help: ArgumentHelp(
      "With backprop: the number of coefficients that move in a round, and are sent.",
      discussion:
        "Each window has its turn, so that K can be larger than what a round can send, such "
        + "as '--candidates 65536 --window 4096'. If not given, all K.", visibility: .hidden))
  var window: Int?

  @Option(
    name: .setting(.zerothOrderShare),
    help: ArgumentHelp(
      "With backprop: the share of the clients that take two-sided steps and send pairs.",
      visibility: .hidden))
  var zerothOrderShare = SimulationSettings().zerothOrderShare

  @Option(
    name: .setting(.zerothOrderLearningRate),
    help: ArgumentHelp(
      "Their learning rate, at its largest; 1e-5 if not given.", visibility: .hidden))
  var zerothOrderLearningRate: Double?

  @Option(
    name: .setting(.incrementLimit),
    help: ArgumentHelp(
      "Skip a step that would move a coefficient by more; the server refuses it.",
      visibility: .hidden))
  var incrementLimit: Float?

  @OptionGroup(visibility: .hidden) var privacy: PrivacyOptions

  @Option(
    name: .setting(.patience), help: "Stop after this many rounds without a lower held-out loss.")
  var patience: Int?

  @Option(
    name: .setting(.concurrentClients),
    help: ArgumentHelp(
      "The number of clients that work at once, sharing the threads.",
      discussion: "Results do not depend on it. If not given, as many as threads in virtual mode "
        + "and one in dense.", visibility: .hidden))
  var concurrentClients: Int?

  /// Throws ``SettingsError`` if one is given that the others leave without effect.
  func check() throws {
    try server.check()
    try privacy.check()
    guard let zerothOrderLearningRate, zerothOrderShare == 0 else { return }
    throw SettingsError(
      .zerothOrderLearningRate, found: "\(zerothOrderLearningRate)",
      expected: "left out without '--zeroth-order-share'")
  }

  /// The settings that these options make.
  var settings: SimulationSettings {
    var settings = SimulationSettings()
    settings.clients = clients
    settings.participation = participation
    settings.rounds = rounds
    settings.localSteps = localSteps
    settings.partition = partition
    settings.aggregation = aggregation
    settings.serverOptimizer = server.rule
    settings.precision = precision
    settings.window = window
    settings.zerothOrderShare = zerothOrderShare
    settings.zerothOrderLearningRate =
      zerothOrderLearningRate ?? settings.zerothOrderLearningRate
    settings.incrementLimit = incrementLimit
    settings.privacy = privacy.rule
    settings.patience = patience
    settings.concurrentClients = concurrentClients
    return settings
  }
}
