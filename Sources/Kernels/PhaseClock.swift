import Synchronization

/// Adds up where forward passes spend their time, over all threads.
///
/// A tile takes a hundred microseconds and more, reading the clock some 50 ns: passes are measured as
/// they are, and without a clock they do not even read it.
public final class PhaseClock: Sendable {
  /// A part of a pass that is told apart from the others; none contains another.
  ///
  /// Whoever does the work names its phase.
  public struct Phase: RawRepresentable, Hashable, Sendable {
    /// The name.
    public let rawValue: String

    /// Creates the phase of this name.
    public init(rawValue: String) { self.rawValue = rawValue }
  }

  private let durations = Mutex<[Phase: Duration]>([:])

  /// Creates a clock that stands at zero.
  public init() {}

  /// Returns the time spent in `phase` so far: the sum over threads.
  public func duration(of phase: Phase) -> Duration { durations.withLock { $0[phase] ?? .zero } }

  /// Sets all phases to zero.
  public func reset() { durations.withLock { $0 = [:] } }

  fileprivate func add(_ duration: Duration, to phase: Phase) {
    durations.withLock { $0[phase, default: .zero] += duration }
  }
}

extension PhaseClock.Phase {
  /// Reading stored weights, the file or a private copy of it, as f32 tiles.
  public static let dequantise = Self(rawValue: "dequantise")
}

extension PhaseClock? {
  /// Calls `body`, and counts its time if there is a clock.
  package func measure<R>(_ phase: PhaseClock.Phase, _ body: () -> R) -> R {
    guard let self else { return body() }
    let start = ContinuousClock.now
    defer { self.add(ContinuousClock.now - start, to: phase) }
    return body()
  }
}
