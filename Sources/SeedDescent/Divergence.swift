/// That a run has become much worse than it was at its start.
///
/// One steep batch can throw the weights to where losses are higher and steeper; scalars, and so steps,
/// are then larger too, and the run climbs on. It does not come back.
public struct Divergence: Equatable, Sendable {
  /// How many of the last steps are averaged: the losses of single batches differ too much.
  public static let window = 100

  /// How many of the first steps are averaged: few, as a run may climb at once.
  public static let start = 10

  /// The loss at the start, in nats.
  public let first: Double

  /// The mean loss of the last steps, in nats; infinite if none of them is finite.
  public let last: Double

  /// Compares the mean of the last ``window`` losses with the larger one of the mean of the first ``start``
  /// and `untuned`; `nil` if it is at most twice as large, or there are fewer losses than a window.
  ///
  /// Losses that are not finite do not count, as their steps move nothing.
  ///
  /// - Parameters:
  ///   - losses: The losses of all steps, in order.
  ///   - untuned: The held-out loss before the first step, in nats.
  public init?(losses: [Double], untuned: Double) {
    guard losses.count >= Self.window else { return nil }
    first = max(untuned, Self.mean(losses.prefix(Self.start)))
    last = Self.mean(losses.suffix(Self.window))
    guard last > 2 * first else { return nil }
  }

  private static func mean(_ losses: ArraySlice<Double>) -> Double {
    let finite = losses.filter(\.isFinite)
    return finite.isEmpty ? .infinity : finite.reduce(0, +) / Double(finite.count)
  }
}
