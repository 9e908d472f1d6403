import Synchronization

/// A line on the terminal that shows how far a long task is and when it will be done.
///
/// It is drawn on standard error, and only where a person watches: in a pipe or a log there is no
/// bar. It disappears when the task ends, also when it ends by an error. Any thread may advance it.
///
///     let bar = ProgressBar("tuning", total: 200, unit: "steps")
///     defer { bar.finish() }
///     for step in 0..<200 {
///       train(step)
///       bar.advance()
///     }
///
/// The time left assumes that the rest goes at the mean rate so far: count what takes equally long.
public final class ProgressBar: Sendable {
  private struct State {
    var done: Int
    var note = ""
    var isPaused = false
    var drawnAt: Duration?
    var isFinished = false
  }

  private let label: String
  private let unit: String
  private let total: Int
  private let terminal: ProgressTerminal
  private let start: Duration
  /// The units that were done before the bar, which say nothing of its rate.
  private let doneBefore: Int
  private let state: Mutex<State>

  // Ten pictures a second look smooth and cost nothing.
  private let interval = Duration.milliseconds(100)
  private let eraseLine = "\r\u{1B}[K"

  /// Starts a bar on standard error.
  ///
  /// - Parameters:
  ///   - label: What is in progress, in a word or two without control characters.
  ///   - total: The units to do. A bar of 0 units is never drawn.
  ///   - unit: What is counted, in the plural.
  public convenience init(_ label: String, total: Int, unit: String) {
    self.init(label, total: total, unit: unit, terminal: .standardError)
  }

  /// Starts a bar on `terminal`, some of whose units may have been done before.
  package init(
    _ label: String, done: Int = 0, total: Int, unit: String, terminal: ProgressTerminal
  ) {
    self.label = label
    self.total = total
    self.unit = unit
    self.terminal = terminal
    doneBefore = min(done, total)
    start = terminal.now()
    state = Mutex(State(done: doneBefore))
    state.withLock { draw(&$0) }
  }

  deinit { finish() }

  /// Counts units as done, and draws the bar unless it was drawn less than 100 ms ago.
  public func advance(by count: Int = 1) { advance(by: count, note: nil) }

  /// Counts units as done, with a few words on them for the end of the line.
  package func advance(by count: Int = 1, note: String?) {
    state.withLock { state in
      state.done = min(total, state.done + count)
      state.note = note ?? state.note
      if let drawnAt = state.drawnAt, terminal.now() - drawnAt < interval { return }
      draw(&state)
    }
  }

  /// Removes the bar until ``resume()``.
  package func pause() {
    state.withLock { state in
      erase(&state)
      state.isPaused = true
    }
  }

  /// Draws the bar again.
  package func resume() {
    state.withLock { state in
      state.isPaused = false
      draw(&state)
    }
  }

  /// Writes a line of text above the bar; without a bar, just the line.
  public func log(_ text: String) {
    state.withLock { state in
      terminal.write((state.drawnAt == nil ? "" : eraseLine) + text + "\n")
      draw(&state)
    }
  }

  /// Removes the bar; nothing is drawn afterwards.
  public func finish() {
    state.withLock { state in
      erase(&state)
      state.isFinished = true
    }
  }

  private func erase(_ state: inout State) {
    if state.drawnAt != nil { terminal.write(eraseLine) }
    state.drawnAt = nil
  }

  private func draw(_ state: inout State) {
    guard terminal.isInteractive, total > 0, !state.isFinished, !state.isPaused else { return }
    let now = terminal.now()
    let line = ProgressLine(
      label: label, unit: unit, done: state.done, total: total,
      doneBefore: doneBefore, elapsed: now - start, note: state.note)
    // A full last column makes some terminals wrap, and a wrapped line cannot be erased.
    terminal.write("\r" + line.text(columns: terminal.columns() - 1) + "\u{1B}[K")
    state.drawnAt = now
  }
}
