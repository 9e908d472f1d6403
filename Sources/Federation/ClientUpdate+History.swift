package import CounterRandom
internal import SeedBasis
package import SeedDescent

extension ClientUpdate {
  /// Creates the answer to a plan.
  ///
  /// Increments of all K are summed over the steps and, in 16 bits, rounded at random, so that their mean
  /// over rounds and clients is exact and there is no remainder to keep. A sum over the limit is not sent:
  /// its steps count as skipped.
  ///
  /// - Parameters:
  ///   - history: The steps taken.
  ///   - incrementLimit: The largest magnitude that the server accepts, or `nil` for any.
  ///   - window: The candidates that the steps moved; `nil` for all K.
  ///   - rounding: Random numbers that nothing else uses, one for each candidate.
  package init(
    to plan: RoundPlan, exampleCount: Int, history: StepHistory, incrementLimit: Float? = nil,
    window: Range<Int>? = nil, rounding: inout RandomStream
  ) {
    let (content, unsent) = Self.content(
      of: history, in: plan.precision, window, incrementLimit, &rounding)
    self.init(
      settings: plan.settings, round: plan.round, client: plan.client,
      candidateCount: plan.candidateCount, exampleCount: exampleCount,
      skippedCount: history.skippedCount + unsent,
      meanLoss: content == .pairs([]) ? nil : history.meanLoss.map { Float($0) },
      content: content)
  }

  private static func content(
    of history: StepHistory, in precision: CoefficientPrecision, _ window: Range<Int>?,
    _ limit: Float?,
    _ rounding: inout RandomStream
  ) -> (Content, unsentCount: Int) {
    guard let sum = history.sum else { return (.pairs(history.records), 0) }
    let increments = SentCoefficients(
      Array(sum.values[window ?? sum.values.indices]), in: precision, rounding: &rounding)
    let limit = limit ?? .greatestFiniteMagnitude
    guard increments.values.allSatisfy({ abs($0) <= limit }) else {
      return (.pairs([]), history.updateCount)
    }
    return (.all(increments, stepCount: history.updateCount, window: window), 0)
  }
}
