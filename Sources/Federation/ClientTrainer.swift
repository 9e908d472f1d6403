/// The part of a client that does the work of a round.
public protocol ClientTrainer {
  /// Tunes from the plan's coefficients and returns the steps taken.
  ///
  /// What must survive until the next round, such as the place in the data, is kept here.
  mutating func train(_ plan: RoundPlan) throws -> ClientUpdate
}
