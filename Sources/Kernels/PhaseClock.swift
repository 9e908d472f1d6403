import Synchronization

/// Adds up where forward passes spend their time, over all threads.
///
/// A tile takes a hundred microseconds and more, reading the clock some 50 ns: passes are measured as
/// they are, and without a clock they do not even read it.
public final class PhaseClock: Sendable {
  /// The parts of a pass that are told apart; none contains another.
  public enum Phase: String, Sendable, CaseIterable {
    /// Reading stored weights, the file or a private copy of it, as f32 tiles.
    case dequantise
    /// Making directions, and moving tiles or a private copy along them.
    case basis
    /// Matrix products with tiles.
    case products
    /// Attention.
    case attention
    /// The output head and the cross-entropy, its products included.
    case head
  }

  private let durations = Mutex<[Phase: Duration]>([:])

  /// Creates a clock that stands at zero.
  public init() {}

  /// Returns the time spent in `phase` so far: the sum over threads.
  public func duration(of phase: Phase) -> Duration { durations.withLock { $0[phase] ?? .zero } }

  /// Sets all phases to zero.
  public func reset() { durations.withLock { $0 = [:] } }

  fileprivate func add(_ duration: Duration, to phase: Phase, from outer: Phase?) {
    durations.withLock {
      $0[phase, default: .zero] += duration
      if let outer { $0[outer, default: .zero] -= duration }
    }
  }
}

extension PhaseClock? {
  /// Calls `body`, and counts its time if there is a clock.
  ///
  /// - Parameter outer: The phase in whose measurement the call lies; it counts the rest only.
  package func measure<R>(
    _ phase: PhaseClock.Phase, within outer: PhaseClock.Phase? = nil, _ body: () -> R
  ) -> R {
    guard let self else { return body() }
    let start = ContinuousClock.now
    defer { self.add(ContinuousClock.now - start, to: phase, from: outer) }
    return body()
  }
}
