internal import Reports
internal import Runs

extension RunResult<LoggedStep> {
  /// Prints what a person wants to know on standard output.
  func printSummary() {
    let summary = LoggedStep.summary(of: entries)
    printRows([("steps", "\(entries.count), \(summary.skippedSteps) skipped")], [])
  }
}

extension RunResult<LoggedRound> {
  /// Prints what a person wants to know on standard output.
  func printSummary(_ files: RunFiles) {
    let summary = LoggedRound.summary(of: entries)
    let up = Quantity.bytes.text(Double(summary.bytesUpPerClientAndRound))
    let down = Quantity.bytes.text(Double(summary.bytesDownPerClientAndRound))
    printRows(
      [
        (
          "steps",
          "\(summary.steps) in \(entries.count) rounds, \(summary.skippedSteps) skipped"
        ),
        ("traffic", "\(up) up, \(down) down at most, for each client and round"),
      ], [("report", files.report)])
  }
}

extension RunResult {
  /// Prints what all runs have, and what is one kind's own in the middle and at the end.
  fileprivate func printRows(_ own: [(String, String)], _ last: [(String, String)]) {
    let memory = [cost.peakPrivateBytes, cost.peakMappedBytes].map {
      Quantity.bytes.text(Double($0))
    }
    Output.printTable(
      [("held-out loss", lossChange)] + own + [
        ("peak memory", "\(memory[0]) private, \(memory[1]) of mapped files"),
        ("time", Quantity.seconds.text(cost.seconds)), ("seed checkpoint", kseed),
      ] + last)
    for sample in samples { sample.printText() }
  }
}

extension SampleAnswer {
  /// Prints the answers on standard output.
  fileprivate func printText() {
    print()
    let question = [instruction, context].filter { !$0.isEmpty }
    Output.printTable([
      ("instruction", question.joined(separator: " | ").oneLine),
      ("  expected", expected.oneLine), ("  before", before.oneLine), ("  after", after.oneLine),
    ])
  }
}

extension String {
  /// The text on one line that a terminal shows as it is.
  fileprivate var oneLine: String {
    String(map { $0.isNewline || $0.isASCII && $0.asciiValue ?? 32 < 32 ? " " : $0 })
  }
}
