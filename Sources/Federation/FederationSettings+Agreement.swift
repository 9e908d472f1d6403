// What either side demands of the other's messages before it looks at their content.

extension FederationSettings {
  /// Throws unless `update` answers round `round` under these settings.
  func check(_ update: ClientUpdate, round: Int) throws(FederationError) {
    let client = update.client
    try agree(client, "settings digest", update.settings, digest)
    try agree(client, "round", update.round, round)
    try agree(client, "candidate count", update.candidateCount, candidateCount)
    try agree(client, "number of steps", update.steps.count + update.skippedCount, localSteps)
  }

  /// Throws unless `plan` is for `client` under these settings.
  func check(_ plan: RoundPlan, client: Int) throws(FederationError) {
    try agree(client, "client", plan.client, client)
    try agree(client, "settings digest", plan.settings, digest)
    try agree(client, "candidate count", plan.coefficients.count, candidateCount)
    try agree(client, "number of steps", plan.localSteps, localSteps)
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
