/// What the program leaves to its caller; `fedkseed help` and Documentation/Runs.md list it.
enum ExitStatus: Int32, CaseIterable {
  /// Everything was done.
  case success = 0
  /// One line on standard error says what stood in the way, and what to do.
  case failure = 1
  /// A run with `--stop-on-divergence` has diverged; what it did is saved.
  case diverged = 3
  /// The arguments make no command.
  case usage = 64
  /// Memory was refused.
  case memory = 71
  /// A signal stopped the program; a run has saved its state.
  case interrupted = 130

  /// The meaning in a few words.
  private var meaning: String {
    switch self {
    case .success: "done"
    case .failure: "an input, a setting or the system stood in the way"
    case .diverged: "a run stopped where it diverged, with its state saved"
    case .usage: "the arguments make no command"
    case .memory: "the system refused memory"
    case .interrupted: "stopped by Ctrl-C or SIGTERM, a run with its state saved"
    }
  }

  /// A sentence with all of them.
  static var summary: String {
    "Exit status: " + allCases.map { "\($0.rawValue) \($0.meaning)" }.joined(separator: "; ") + "."
  }
}
