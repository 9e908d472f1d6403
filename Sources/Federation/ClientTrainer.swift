/// The part of a client that does the work of a round.
///
/// ``FederatedClient`` is one without a language model; what tunes one may hold it.
///
/// A value: a copy trained on a plan does what the original would have done.
public protocol ClientTrainer: Sendable {
  /// Tunes from the plan's coefficients and returns the steps taken.
  ///
  /// What must survive until the next round, such as the place in the data, is kept here.
  mutating func train(_ plan: RoundPlan) throws -> ClientUpdate
}
