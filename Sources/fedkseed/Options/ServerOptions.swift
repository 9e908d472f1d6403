internal import ArgumentParser
internal import Federation
internal import Settings

/// What a server makes of a round's movement.
struct ServerOptions: ParsableArguments {
  /// The rules by name.
  enum Rule: String, CaseIterable, ExpressibleByArgument {
    case mean, momentum, adam
  }

  @Option(
    name: .setting(.serverOptimizer),
    help: ArgumentHelp(
      "What the server makes of the clients' mean movement.",
      discussion:
        "mean: the movement. momentum: with what is left of earlier ones (FedAvgM). adam: "
        + "steps of about --server-lr for each coefficient (FedAdam)."))
  var serverOptimizer: Rule?

  @Option(
    name: .setting(.serverMomentum),
    help: ArgumentHelp(
      "How much of a round's movement goes on in the next, from 0 and below 1.",
      discussion: "If not given, 0.9 with momentum and adam."))
  var serverMomentum: Double?

  @Option(
    name: .setting(.serverLearningRate),
    help: "How far adam moves a coefficient in a round; 3e-5 if not given.")
  var serverLearningRate: Double?

  @Option(
    name: .setting(.serverBeta2),
    help: "adam's share of the mean of squares that is kept; 0.99 if not given.")
  var serverBeta2: Double?

  @Option(
    name: .setting(.serverTau),
    help: ArgumentHelp(
      "The movement below which adam goes in proportion, in units of a coefficient.",
      discussion: "If not given, 1e-6."))
  var serverTau: Double?

  /// The rule that these options make.
  var rule: ServerOptimizer {
    switch serverOptimizer {
    case nil: ServerOptimizer(momentum: serverMomentum ?? 0)
    case .mean: .mean
    case .momentum: ServerOptimizer(momentum: serverMomentum ?? 0.9)
    case .adam:
      .adam(
        learningRate: serverLearningRate ?? 3e-5, beta1: serverMomentum ?? 0.9,
        beta2: serverBeta2 ?? 0.99, tau: serverTau ?? 1e-6)
    }
  }

  /// Throws ``SettingsError`` if one is given that the others leave without effect.
  func check() throws {
    let ofAdam: [(SettingKey, Double?)] = [
      (.serverLearningRate, serverLearningRate), (.serverBeta2, serverBeta2),
      (.serverTau, serverTau),
    ]
    for case (let key, let value?) in ofAdam where serverOptimizer != .adam {
      throw SettingsError(
        key, found: "\(value)", expected: "left out without '--server-optimizer adam'")
    }
    if serverOptimizer == .mean, let serverMomentum, serverMomentum != 0 {
      throw SettingsError(
        .serverMomentum, found: "\(serverMomentum)",
        expected: "left out with '--server-optimizer mean'")
    }
  }
}
