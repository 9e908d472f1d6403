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
    help: ArgumentHelp(
      "With backprop: what makes a step of the slopes along all K directions.",
      discussion: "If not given, adam. Any of these options asks for '--estimator backprop'."))
  var optimizer: Rule?

  @Option(
    name: .setting(.momentum),
    help: "How much of a step goes on in the next, for momentum; 0.9 if not given.")
  var momentum: Double?

  @Option(
    name: .setting(.beta1),
    help: "Adam's share of the mean of slopes that is kept; 0.9 if not given.")
  var beta1: Double?

  @Option(
    name: .setting(.beta2),
    help: "Adam's share of the mean of squares that is kept; 0.999 if not given.")
  var beta2: Double?

  @Option(
    name: .setting(.adamEpsilon),
    help: "What Adam adds to the root of that mean; 1e-8 if not given.")
  var adamEpsilon: Double?

  @Option(
    name: .setting(.normLimit), help: "With backprop: shorten the vector of slopes to this norm.")
  var normLimit: Double?

  @Option(
    name: .setting(.recompute),
    help: ArgumentHelp(
      "With backprop: whether layers are run again on the way back; always if not given.",
      discussion: "never is faster and keeps all activations. Results do not depend on it."))
  var recompute: Recomputation?

  /// The optimiser that these options make.
  var rule: Optimizer {
    switch optimizer ?? .adam {
    case .adam:
      .adam(beta1: beta1 ?? 0.9, beta2: beta2 ?? 0.999, epsilon: adamEpsilon ?? 1e-8)
    case .momentum: .momentum(momentum ?? 0.9)
    case .sgd: .sgd
    }
  }

  /// Whether any of them is given.
  var isGiven: Bool { !given.isEmpty }

  /// Throws ``SettingsError`` if one is given that the others leave without effect.
  func check(with estimator: Estimator) throws {
    for (key, text, rule) in given {
      guard estimator == .backprop, rule == nil || rule == optimizer ?? .adam else {
        let condition =
          rule.map { "--optimizer \($0.rawValue)" }
          ?? "--estimator backprop"
        throw SettingsError(key, found: text, expected: "left out without '\(condition)'")
      }
    }
  }

  /// Those that are given, with their texts, and the optimiser that each is of.
  private var given: [(SettingKey, String, Rule?)] {
    let all: [(SettingKey, String?, Rule?)] = [
      (.optimizer, optimizer?.rawValue, nil), (.momentum, momentum?.description, .momentum),
      (.beta1, beta1?.description, .adam), (.beta2, beta2?.description, .adam),
      (.adamEpsilon, adamEpsilon?.description, .adam), (.normLimit, normLimit?.description, nil),
      (.recompute, recompute?.rawValue, nil),
    ]
    return all.compactMap { key, text, rule in text.map { (key, $0, rule) } }
  }
}
