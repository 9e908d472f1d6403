internal import Dispatch
internal import Foundation
internal import Synchronization

/// Ctrl-C, or SIGTERM, as a wish that a run grants when its books are in order.
///
/// The first signal is ``isRequested``. The second ends the process at once, as it always does.
final class Interruption: Sendable {
  private let flag = Atomic(false)
  private static let signals = [SIGINT, SIGTERM]

  // Kept, because a source that is released sees nothing any more; never touched again.
  private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

  /// Starts to listen.
  init() {
    let sources = Self.signals.map { number in
      _ = signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    unsafe self.sources = sources
    for source in sources {
      source.setEventHandler { [weak self] in self?.request() }
      source.resume()
    }
  }

  private func request() {
    flag.store(true, ordering: .releasing)
    for number in Self.signals { _ = signal(number, SIG_DFL) }
    // A bar may be drawn on the line.
    let erasure = isatty(STDERR_FILENO) == 1 ? "\r\u{1B}[K" : ""
    Output.log(erasure + "stopping after this step; press Ctrl-C again to quit at once")
  }

  /// Whether there was a signal.
  var isRequested: Bool { flag.load(ordering: .acquiring) }
}
