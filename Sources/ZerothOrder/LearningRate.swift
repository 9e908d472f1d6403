/// The learning rate η of every step of a run.
///
/// η is multiplied in when a step is accumulated, `A_k += η_t · g`, so it may depend on the step
/// without anything having to be known about the past when the weights are rebuilt.
public struct LearningRate: Equatable, Sendable {
  private let constant: Double

  /// Creates a learning rate that is the same at every step.
  ///
  /// - Throws: ``SettingsError`` unless it is positive and finite.
  public init(constant: Double) throws(SettingsError) {
    self.constant = try SettingsError.positive(constant, "learningRate")
  }

  /// Returns η at a step, counted from 0 at the start of the run.
  public func value(at step: Int) -> Double { constant }
}
