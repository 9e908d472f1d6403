public import Settings

/// When a run has stopped to improve.
///
/// A function of the losses measured so far, so that there is nothing to save.
public struct EarlyStopping: Equatable, Sendable {
  /// How many evaluations in a row may be no better than the best before them; at least 1.
  public let patience: Int

  /// Creates a rule.
  ///
  /// - Throws: ``SettingsError`` unless `patience` is at least 1.
  public init(patience: Int) throws(SettingsError) {
    self.patience = try SettingsError.within(1...1 << 20, patience, .patience)
  }

  /// Returns whether the last ``patience`` of `losses` are all no better than the best before them.
  ///
  /// A loss that is not a number is no better than any other.
  ///
  /// - Parameter losses: In the order measured, the untuned model's first.
  public func isDue(after losses: [Double]) -> Bool {
    guard losses.count > patience else { return false }
    let best = losses.dropLast(patience).filter { !$0.isNaN }.min() ?? .infinity
    return losses.suffix(patience).allSatisfy { !($0 < best) }
  }
}
