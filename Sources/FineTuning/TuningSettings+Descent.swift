package import LanguageModels
internal import SeedBasis
public import SeedDescent
internal import Settings

/// Whether a backward pass runs layers again or keeps what they computed.
public enum Recomputation: String, CaseIterable, Sendable {
  /// Each layer's input is kept, and the layer run again: a forward pass more.
  case always
  /// All that the way back needs is kept.
  case never

  /// What the pass keeps of each layer.
  package var keeping: BackwardPass.Keeping { self == .always ? .inputs : .everything }
}

// What steps along all K directions demand of the other settings.

extension TuningSettings {
  /// Whether these settings suit steps along all K directions, at a price that does not grow with K.
  public var suitsDescent: Bool {
    basis == .hadamard && (try? checkDescent()) != nil
  }

  /// What is made smaller where nothing is said: with exact slopes the loss of tokens, which leaves fewer
  /// answers empty; else that of examples, as FedKSeed was published.
  public var defaultObjective: TuningObjective { estimator == .backprop ? .tokenLoss : .loss }

  /// A careful rate for the estimator, the optimiser and K; `nil` where there is none that suits most data.
  ///
  /// A step of Adam moves each weight by about η · √K, root mean square, so that η falls with √K. Three
  /// times the rate of two-sided steps broke a model of 135 M parameters on some data.
  public var defaultLearningRate: Double? {
    guard estimator == .backprop else { return 1e-5 }
    guard case .adam = optimizer else { return nil }
    return 6.4e-4 / Double(candidates).squareRoot()
  }

  /// Throws unless steps along all K are possible.
  ///
  /// - Throws: ``SettingsError`` that names the setting.
  func checkDescent() throws(SettingsError) {
    try checkGradientExists()
    try demand(method == .fedkseed, .method, method.rawValue, "fedkseed")
    try demand(directions == 1, .directions, "\(directions)", "left out")
    try demand(!isWithoutReplacement, .draws, "without replacement", "left out")
    if let scalarClip {
      try demand(false, .scalarClip, "\(scalarClip)", "replaced by '--max-grad-norm'")
    }
    if let lossDifferenceLimit {
      try demand(false, .lossDifferenceLimit, "\(lossDifferenceLimit)", "left out")
    }
    try optimizer.validate()
    if let normLimit { _ = try SettingsError.positive(normLimit, .normLimit) }
  }

  private func checkGradientExists() throws(SettingsError) {
    guard objective.metric != nil else { return }
    throw SettingsError(
      .objective, found: objective.rawValue,
      expected: "loss, token-loss or options with '--estimator backprop': a metric of answers has "
        + "no gradient")
  }

  private func demand(
    _ isMet: Bool, _ key: SettingKey, _ found: String, _ expected: String
  ) throws(SettingsError) {
    guard !isMet else { return }
    throw SettingsError(
      key, found: found,
      expected: "\(expected) with '--estimator backprop', which moves along all directions")
  }
}

extension Optimizer {
  /// Throws ``SettingsError`` unless its numbers are in their ranges.
  func validate() throws(SettingsError) {
    switch self {
    case .sgd: return
    case .momentum(let beta): try SettingsError.keptShare(beta, .momentum)
    case .adam(let beta1, let beta2, let epsilon):
      try SettingsError.keptShare(beta1, .beta1)
      try SettingsError.keptShare(beta2, .beta2)
      _ = try SettingsError.positive(epsilon, .adamEpsilon)
    }
  }

  /// Its name among the settings.
  public var name: String {
    switch self {
    case .sgd: "sgd"
    case .momentum: "momentum"
    case .adam: "adam"
    }
  }
}
