extension SettingKey {
  /// Other names of the option, by the habits of the field; files are written with the raw value.
  public var aliases: [String] {
    switch self {
    case .batch: ["batch-size"]
    case .lengthLimit: ["max-length"]
    case .learningRate: ["learning-rate"]
    case .evaluateEvery: ["eval-every"]
    case .epsilon: ["zo-eps"]
    default: []
    }
  }

  /// The option's letter: that of llama.cpp for the same thing, where there is one.
  public var letter: Character? {
    switch self {
    case .lengthLimit: "c"
    case .seed: "s"
    // The length of a run, of which each command has one.
    case .steps, .rounds: "n"
    default: nil
    }
  }

  /// Returns the setting that an option's name stands for.
  public init?(option name: String) {
    guard
      let key = Self.allCases.first(where: { $0.rawValue == name || $0.aliases.contains(name) })
    else { return nil }
    self = key
  }
}
