/// Which candidates the steps of a run move along.
public enum CandidateRule: String, Codable, CaseIterable, Sendable {
  /// Each is drawn from all K, whatever was drawn before, as in FedKSeed.
  case withReplacement = "with-replacement"

  /// No candidate comes twice in a round; without rounds, in a pass of K draws.
  case withoutReplacement = "without-replacement"

  /// No candidate comes twice in the whole run, as in MeZO and FedZO, which draw new directions.
  case fresh
}
