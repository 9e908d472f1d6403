/// What the rounds so far tell of any one client, as an accountant takes it.
public struct PrivacyCost: Equatable, Sendable {
  /// How updates are made private.
  public let rule: PrivacyRule
  /// With which probability a client has a part in a round that nobody can foresee; 1 where they can.
  public let samplingRate: Double
  /// How often noise has been added: central, in each round; local, by the client that answered most often.
  public let releases: Int
  /// The step of the integers of which updates are made.
  public let step: Double
}

extension FederationServer {
  /// What the rounds cost, the open one among them; `nil` where updates are not private.
  ///
  /// - Complexity: O(rounds · N) with local noise.
  public var privacyCost: PrivacyCost? {
    guard let rule = settings.privacy else { return nil }
    let step = rule.grid(settings.precision).step
    switch rule.placement {
    case .central:
      let rate = Double(settings.participantCount) / Double(settings.clientCount)
      return PrivacyCost(rule: rule, samplingRate: rate, releases: round + 1, step: step)
    case .local:
      var answers = [Int](repeating: 0, count: settings.clientCount)
      for round in 0...round {
        for client in settings.participants(of: round) { answers[client] += 1 }
      }
      return PrivacyCost(rule: rule, samplingRate: 1, releases: answers.max() ?? 0, step: step)
    }
  }
}
