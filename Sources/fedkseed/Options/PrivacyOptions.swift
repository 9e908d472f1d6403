internal import ArgumentParser
internal import Federation
internal import Settings

/// How clients' updates are made private.
struct PrivacyOptions: ParsableArguments {
  @Option(
    name: .setting(.privacy),
    help: ArgumentHelp(
      "Differential privacy of what clients send: central or local.",
      discussion:
        "central: the server, which is trusted, adds noise to the sum of a round. local: each "
        + "client adds it to its own update. Documentation/Privacy.md says what it protects, and what "
        + "epsilon that is."))
  var privacy: PrivacyRule.Placement?

  @Option(
    name: .setting(.privacyClip),
    help: "With --dp: the Euclidean norm to which a client's update is shortened.")
  var clip: Double?

  @Option(
    name: .setting(.privacyNoise),
    help: "With --dp: the standard deviation of the noise, in units of --dp-clip.")
  var noiseMultiplier: Double?

  /// The rule that these options make.
  var rule: PrivacyRule? {
    guard let privacy, let clip, let noiseMultiplier else { return nil }
    return PrivacyRule(privacy, clip: clip, noiseMultiplier: noiseMultiplier)
  }

  /// Throws ``SettingsError`` unless all three are given, or none.
  func check() throws(SettingsError) {
    let numbers: [(SettingKey, Double?)] = [(.privacyClip, clip), (.privacyNoise, noiseMultiplier)]
    for (key, value) in numbers where (value == nil) != (privacy == nil) {
      throw SettingsError(
        key, found: value.map { "\($0)" } ?? "missing",
        expected: privacy == nil ? "left out without '--dp'" : "given with '--dp'")
    }
  }
}
