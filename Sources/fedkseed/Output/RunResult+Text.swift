internal import ArgumentParser
internal import Reports
internal import Runs

/// How the result of a run is printed.
enum ResultForm { case text, json, line }

extension RunResult {
  /// Prints the result on standard output.
  ///
  /// - Throws: An exit code if the run has stopped because it diverged.
  func show(as form: ResultForm, text: (Self) -> Void) throws {
    switch form {
    case .text:
      text(self)
      print("\n" + conclusion)
    case .json: try Output.printJSON(self)
    case .line: print(conclusion)
    }
    if isStoppedByDivergence { throw ExitCode(ExitStatus.diverged.rawValue) }
  }
}

extension RunResult<LoggedStep> {
  /// Prints what a person wants to know on standard output.
  func printSummary() {
    let summary = LoggedStep.summary(of: entries)
    printRows([("steps", "\(entries.count), \(summary.skippedSteps) skipped")])
  }
}

extension RunResult<LoggedRound> {
  /// Prints what a person wants to know on standard output.
  func printSummary() {
    let summary = LoggedRound.summary(of: entries)
    let up = Quantity.bytes.text(Double(summary.bytesUpPerClientAndRound))
    let down = Quantity.bytes.text(Double(summary.bytesDownPerClientAndRound))
    printRows(
      [
        ("steps", "\(summary.steps) in \(length), \(summary.skippedSteps) skipped"),
        ("traffic", "\(up) up, \(down) down at most, for each client and round"),
      ])
  }
}

extension RunResult {
  /// Prints what all runs have, and what is one kind's own.
  fileprivate func printRows(_ own: [(String, String)]) {
    let memory = [cost.peakPrivateBytes, cost.peakMappedBytes].map {
      Quantity.bytes.text(Double($0))
    }
    Output.printTable(
      [("held-out loss", lossChange)] + own + [
        ("peak memory", "\(memory[0]) private, \(memory[1]) of mapped files"),
        ("time", Quantity.seconds.text(cost.seconds)),
      ] + answerRow + [("seed checkpoint", kseed)] + (report.map { [("report", $0)] } ?? []))
    for sample in samples { sample.printText() }
    print()
    Output.printTable(next.enumerated().map { ($0.offset == 0 ? "next" : "", $0.element) })
  }

  private var answerRow: [(String, String)] {
    guard !samples.isEmpty else { return [] }
    let (before, after) = (
      samples.count(where: \.isRightBefore), samples.count(where: \.isRightAfter)
    )
    return [("right answers", "\(before) -> \(after) of \(samples.count) shown")]
  }
}

extension SampleAnswer {
  /// Prints the answers on standard output.
  fileprivate func printText() {
    print()
    let question = [instruction, context].filter { !$0.isEmpty }
    let mark = { (isRight: Bool) in isRight ? " \u{2713}" : "" }
    Output.printTable([
      ("instruction", question.joined(separator: " | ").oneLine),
      ("  expected", expected.oneLine), ("  before", before.oneLine + mark(isRightBefore)),
      ("  after", after.oneLine + mark(isRightAfter)),
    ])
  }
}

/// Whether a scalar neither moves the cursor nor ends a line.
private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .lineSeparator, .paragraphSeparator: false
  default: true
  }
}

extension String {
  /// The text on one line that a terminal shows as it is.
  fileprivate var oneLine: String {
    // Scalar by scalar: to look at a character of many combining marks takes time that grows with their square.
    var shown = String.UnicodeScalarView()
    for scalar in unicodeScalars { shown.append(isPrintable(scalar) ? scalar : " ") }
    return String(shown)
  }
}
