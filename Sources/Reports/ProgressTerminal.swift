import Foundation

/// Where a progress bar is drawn: its width, its clock and its output.
///
/// Everything a bar needs from the outside, so that a test can stand in for a terminal.
package struct ProgressTerminal: Sendable {
  /// Whether a person watches; if not, no bar is drawn.
  package var isInteractive: Bool

  /// The number of columns now; the window may be resized during a run.
  package var columns: @Sendable () -> Int

  /// The time since some fixed moment.
  package var now: @Sendable () -> Duration

  /// Writes text at once.
  package var write: @Sendable (String) -> Void

  /// Makes a terminal from its parts.
  package init(
    isInteractive: Bool, columns: @escaping @Sendable () -> Int,
    now: @escaping @Sendable () -> Duration, write: @escaping @Sendable (String) -> Void
  ) {
    self.isInteractive = isInteractive
    self.columns = columns
    self.now = now
    self.write = write
  }

  /// Nowhere.
  package static var silent: ProgressTerminal {
    let start = ContinuousClock.now
    return ProgressTerminal(
      isInteractive: false, columns: { 80 }, now: { start.duration(to: .now) }, write: { _ in })
  }

  /// Standard error, interactive if it is a terminal that can move its cursor.
  package static var standardError: ProgressTerminal {
    let start = ContinuousClock.now
    let kind = ProcessInfo.processInfo.environment["TERM"] ?? "dumb"
    return ProgressTerminal(
      isInteractive: isatty(STDERR_FILENO) == 1 && kind != "dumb",
      columns: windowColumns,
      now: { start.duration(to: .now) },
      // A bar that cannot be shown, on a closed terminal for example, must not end the run.
      write: { try? FileHandle.standardError.write(contentsOf: Data($0.utf8)) })
  }
}

/// The width of the terminal behind standard error: what it tells, else what `COLUMNS` says, else 80.
private func windowColumns() -> Int {
  var size = winsize()
  // SAFETY: `size` is the structure that this request fills.
  let status = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
  guard status != 0 || size.ws_col == 0 else { return Int(size.ws_col) }
  let said = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
  return said.map { max(1, $0) } ?? 80
}
