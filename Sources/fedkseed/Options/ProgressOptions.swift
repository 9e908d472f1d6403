internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import Runs

/// Who is told of a run while it goes on.
struct ProgressOptions: ParsableArguments {
  @Flag(help: "Print nothing but errors and the last line.")
  var quiet = false

  @Option(
    help: ArgumentHelp(
      "Write the progress to a file as JSON lines too.",
      discussion:
        "Documentation/Runs.md has the keys. A run that goes on by '--resume' appends to the "
        + "file that is named again."),
    completion: .file())
  var logFile: String?

  @Option(
    help: "Write the progress to a folder for TensorBoard too.", completion: .directory)
  var tensorboard: String?

  @Flag(
    help: ArgumentHelp(
      "Stop where the run diverges.",
      discussion:
        "What has been done is saved; the exit code is then \(ExitStatus.diverged.rawValue)."))
  var stopOnDivergence = false

  /// Adds what the options say to a plan.
  func apply(to plan: inout RunPlan) {
    plan.isQuiet = quiet
    plan.stopsOnDivergence = stopOnDivergence
    (plan.logFile, plan.eventFolder) = (logFile, tensorboard)
  }

  /// Throws if files of something else would be lost or mixed up.
  ///
  /// A run that goes on adds to its files. A folder for TensorBoard may have those of other runs in
  /// folders of their own, but no event files beside which ours would be taken for one run.
  func checkFiles(_ mode: RunFiles.Mode, inputs: [String]) throws {
    guard mode != .resume else { return }
    if let logFile {
      try checkOutputFile(
        logFile, option: "--log-file", force: mode == .replace, inputs: inputs)
    }
    guard let tensorboard, mode == .refuse,
      let names = try? FileManager.default.contentsOfDirectory(atPath: tensorboard),
      names.contains(where: { $0.contains("tfevents") })
    else { return }
    throw OutputError.exists(tensorboard, option: "--tensorboard")
  }
}
