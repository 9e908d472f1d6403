internal import Bytes
internal import CounterRandom
internal import SeedBasis
internal import SeedDescent

extension ClientUpdate {
  /// Creates the private answer to a plan.
  ///
  /// It has increments of all candidates, whatever the steps were, and always the same number of steps;
  /// it does not tell how many examples there are, nor a loss, nor how many steps gave no update.
  /// Rounding comes before the noise, so that nothing about the message depends on the update otherwise.
  init(
    to plan: RoundPlan, history: StepHistory, by rule: PrivacyRule, settings: FederationSettings,
    secret: PrivacySecret, rounding: inout RandomStream
  ) {
    let grid = rule.grid(settings.precision)
    let window = settings.sentWindow(of: plan.round)
    let sum = history.sum(candidateCount: plan.candidateCount)
    var integers = grid.rounded(Array(sum[window ?? sum.indices])) { rounding.uniform() }
    if rule.placement == .local {
      var stream = secret.stream("local noise", of: plan.encoded() + integers.bytes)
      integers = grid.noised(integers, from: &stream)
    }
    let increments = SentCoefficients(exactly: grid.values(integers), in: settings.precision)
    self.init(
      settings: plan.settings, round: plan.round, client: plan.client,
      candidateCount: plan.candidateCount, exampleCount: 1, skippedCount: 0, meanLoss: nil,
      content: .all(
        increments, stepCount: settings.localSteps * settings.directions, window: window))
  }
}

extension StepHistory {
  /// The sum of the increments of each candidate, shape `(K)`, whatever kind of steps there were.
  fileprivate func sum(candidateCount: Int) -> [Double] {
    if let sum { return sum.values }
    var sum = [Double](repeating: 0, count: candidateCount)
    for record in records { sum[record.candidate] += Double(record.increment) }
    return sum
  }
}

extension [Int] {
  /// The numbers as bytes, 8 each.
  var bytes: [UInt8] {
    var writer = ByteWriter(capacity: 8 * count)
    for value in self { writer.append(value) }
    return writer.bytes
  }
}
