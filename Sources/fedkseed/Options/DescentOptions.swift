internal import ArgumentParser
internal import FineTuning
internal import SeedDescent
internal import Settings

/// How steps along all K directions move.
struct DescentOptions: ParsableArguments {
  /// The optimisers by name.
  enum Rule: String, CaseIterable, ExpressibleByArgument {
    case adam, momentum, sgd
  }

  @Option(
    name: .setting(.optimizer),
    help: "With backprop: what makes a step of the slopes along all K directions.")
  var optimizer = Rule.adam

  @Option(name: .setting(.momentum), help: "How much of a step goes on in the next, for momentum.")
  var momentum = 0.9

  @Option(name: .setting(.beta1), help: "Adam's share of the mean of slopes that is kept.")
  var beta1 = 0.9

  @Option(name: .setting(.beta2), help: "Adam's share of the mean of squares that is kept.")
  var beta2 = 0.999

  @Option(name: .setting(.adamEpsilon), help: "What Adam adds to the root of that mean.")
  var adamEpsilon = 1e-8

  @Option(
    name: .setting(.normLimit), help: "With backprop: shorten the vector of slopes to this norm.")
  var normLimit: Double?

  @Option(
    name: .setting(.recompute),
    help: ArgumentHelp(
      "With backprop: whether layers are run again on the way back.",
      discussion: "never is faster and keeps all activations. Results do not depend on it."))
  var recompute = TuningSettings().recompute

  /// The optimiser that these options make.
  var rule: Optimizer {
    switch optimizer {
    case .adam: .adam(beta1: beta1, beta2: beta2, epsilon: adamEpsilon)
    case .momentum: .momentum(momentum)
    case .sgd: .sgd
    }
  }
}
