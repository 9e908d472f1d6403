internal import Glibc

/// The signals by which the system ends a program that uses a file it cannot use: a line on standard error and
/// the status of any other failure take their place.
enum FileSignals {
  /// Takes care of them from here on.
  static func handle() {
    // A write beyond the largest size that is allowed then fails, and its error is told.
    _ = signal(SIGXFSZ, SIG_IGN)
    _ = signal(SIGBUS) { _ in FileSignals.endForLostPages() }
  }

  /// Ends the process, by nothing but what a handler of a signal may call.
  private static func endForLostPages() -> Never {
    let text: StaticString = """
      Error: a file that is read in place, such as the model, has lost pages: it was made shorter, or its disk \
      fails. Restore it; a run then goes on by '--resume'

      """
    // SAFETY: the text is constant, and of that many bytes.
    _ = unsafe write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    _exit(ExitStatus.failure.rawValue)
  }
}
