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

  @Option(name: .setting(.serverLearningRate), help: "How far adam moves a coefficient in a round.")
  var serverLearningRate = 3e-5

  @Option(name: .setting(.serverBeta2), help: "adam's share of the mean of squares that is kept.")
  var serverBeta2 = 0.99

  @Option(
    name: .setting(.serverTau),
    help: "The movement below which adam goes in proportion, in units of a coefficient.")
  var serverTau = 1e-6

  /// The rule that these options make.
  var rule: ServerOptimizer {
    switch serverOptimizer {
    case nil: ServerOptimizer(momentum: serverMomentum ?? 0)
    case .mean: .mean
    case .momentum: ServerOptimizer(momentum: serverMomentum ?? 0.9)
    case .adam:
      .adam(
        learningRate: serverLearningRate, beta1: serverMomentum ?? 0.9, beta2: serverBeta2,
        tau: serverTau)
    }
  }
}
