// Unsafe, as `stdout` is a variable of C; nothing assigns it.
@unsafe @preconcurrency internal import Glibc

/// What every command does with the three channels it is given.
enum StandardOutput {
  /// Takes care that no file is opened as one of the three channels, into which results would then
  /// be printed, and that a result which cannot be written is an error.
  static func guardChannels() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest number that is free. One that cannot be written to, so that it is told of.
      _ = unsafe open("/dev/null", descriptor == STDOUT_FILENO ? O_RDONLY : O_WRONLY)
    }
    atexit { StandardOutput.finish() }
  }

  /// Writes what is still buffered and, if something could not be written, ends the process with
  /// status 1.
  private static func finish() {
    let isFlushed = unsafe fflush(stdout) == 0
    let reason = unsafe strerror(errno).map { unsafe String(cString: $0) } ?? ""
    let hasFailed = unsafe ferror(stdout) != 0
    guard !isFlushed || hasFailed else { return }
    Output.log("Error: cannot write to standard output" + (isFlushed ? "" : ": \(reason)"))
    _exit(1)
  }
}
