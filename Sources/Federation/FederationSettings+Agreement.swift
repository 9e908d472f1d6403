internal import SeedDescent

// What either side demands of the other's messages before it looks at their content.

extension FederationSettings {
  /// Throws unless `update` answers round `round` under these settings.
  ///
  /// - Parameter terms: Of how many clients' updates it is the sum.
  func check(
    _ update: ClientUpdate, round: Int, terms: Int = 1
  ) throws(FederationError) {
    let client = update.client
    try agree(client, "settings digest", update.settings, digest)
    try agree(client, "round", update.round, round)
    try agree(client, "candidate count", update.candidateCount, candidateCount)
    try agree(
      client, "number of directions", update.stepCount + update.skippedCount,
      localSteps * directions)
    if let privacy { try checkPrivacy(of: update, by: privacy, terms: terms) }
    let takesSums = privacy?.placement == .central && windowSize == nil
    if terms > 1 {
      try agree(client, "permission of sums of updates (--dp central, no windows)", takesSums, true)
    }
    switch update.content {
    case .pairs(let pairs):
      try checkChoice(of: pairs.map(\.candidate), client: client, round: round)
      guard windowSize != nil else { return }
      try agree(client, "number of pairs, where rounds have windows,", pairs.count, 0)
    case .all(let increments, _, let window):
      try agree(client, "window", window, sentWindow(of: round))
      try agree(client, "presence of increments of all candidates", true, admitsAll)
      let expected = terms == 1 ? precision : .binary32
      try agree(client, "precision of the increments", increments.precision, expected)
    }
  }

  /// Throws unless `update` tells no more than the rule allows, and is as long at most.
  private func checkPrivacy(
    of update: ClientUpdate, by rule: PrivacyRule, terms: Int
  ) throws(FederationError) {
    let client = update.client
    try agree(client, "number of examples, where updates are private,", update.exampleCount, terms)
    try agree(client, "skipped count, where updates are private,", update.skippedCount, 0)
    try agree(client, "presence of a mean loss", update.meanLoss != nil, false)
    guard case .all(let increments, _, _) = update.content else {
      throw .disagreement(
        client: client, field: "kind of increments", found: "pairs",
        expected: "increments of all candidates, where updates are private")
    }
    let grid = rule.grid(precision)
    guard let integers = grid.integers(of: increments.values, terms: terms) else {
      throw .disagreement(
        client: client, field: "an increment", found: "no such number",
        expected: "a multiple of \(grid.step) by up to \(grid.largest)")
    }
    guard rule.placement == .local || grid.holds(integers, terms: terms) else {
      throw .disagreement(
        client: client, field: "the norm of the update", found: "larger",
        expected: "at most \(rule.clip)")
    }
  }

  /// Throws if a candidate comes twice, or is another client's, where the rule forbids that.
  private func checkChoice(
    of candidates: [Int], client: Int, round: Int
  ) throws(FederationError) {
    guard candidateRule != .withReplacement else { return }
    try agree(
      client, "number of different candidates", Set(candidates).count, candidates.count)
    guard candidateRule == .fresh else { return }
    let own = freshCandidates(of: client, in: round) ?? 0..<0
    guard let foreign = candidates.first(where: { !own.contains($0) }) else { return }
    throw .disagreement(
      client: client, field: "candidate", found: "\(foreign)", expected: "one of \(own)")
  }

  /// Throws unless `plan` is for `client` under these settings.
  func check(_ plan: RoundPlan, client: Int) throws(FederationError) {
    try agree(client, "client", plan.client, client)
    try agree(client, "settings digest", plan.settings, digest)
    try agree(client, "candidate count", plan.candidateCount, candidateCount)
    try agree(client, "size of windows", plan.windows?.size, windowSize)
    try agree(client, "number of steps", plan.localSteps, localSteps)
    try agree(client, "precision of the coefficients", plan.precision, precision)
    try agree(client, "presence of probabilities", plan.probabilities != nil, significance != nil)
  }

  /// The window of a round as updates name it; `nil` without windows.
  package func sentWindow(of round: Int) -> Range<Int>? {
    windowSize.map { _ in window(of: round) }
  }

  /// Returns the first of the candidates that no one else has, where the rule is that they be fresh.
  ///
  /// - Throws: ``FederationError`` if there are not enough for the plan.
  func firstFreshCandidate(of plan: RoundPlan) throws(FederationError) -> Int {
    guard candidateRule == .fresh else { return 0 }
    guard let candidates = freshCandidates(of: plan.client, in: plan.round) else {
      throw .disagreement(
        client: plan.client, field: "round", found: "\(plan.round)",
        expected: "one of the client's with fresh candidates among the \(candidateCount)")
    }
    return candidates.lowerBound
  }

  private func agree<Value: Equatable>(
    _ client: Int, _ field: String, _ found: Value, _ expected: Value
  ) throws(FederationError) {
    guard found == expected else {
      throw .disagreement(
        client: client, field: field, found: "\(found)", expected: "\(expected)")
    }
  }
}
