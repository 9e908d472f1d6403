internal import ArgumentParser
internal import Bytes
internal import Foundation
internal import LanguageModels
internal import Profiling
internal import Reports
internal import Runs
internal import Tensors

/// Takes steps and compares what they cost with the estimate.
struct Profile: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take steps on random tokens and show memory and time beside the estimate.",
    discussion: """
      With --limit the system enforces the limit on private memory: a run that ends has proved that \
      it needs no more.

        fedkseed profile MODEL --tokens 512 --steps 3
        fedkseed profile MODEL --tokens 512 --estimator backprop
        fedkseed profile MODEL --tokens 512 --limit 400MB --report profile.html
      """)

  @OptionGroup var source: ModelArgument
  @OptionGroup(title: "Step") var step: StepOptions

  @Option(help: "The number of steps.")
  var steps = 3

  @Option(help: "The private memory the system lets the run have, such as 400MB or 1GiB.")
  var limit: ByteCount?

  @Flag(help: "Drop the model from the page cache before each step, as if it did not fit.")
  var evict = false

  @Option(help: "Write an HTML report with the course of memory and time.", completion: .file())
  var report: String?

  @OptionGroup var existing: ForceOption

  @Flag(help: .private)
  var insideLimit = false

  @OptionGroup(title: "Machine") var machine: SpeedOptions

  @OptionGroup(title: "Machine") var common: CommonOptions

  func validate() throws {
    guard (1...1 << 20).contains(steps) else {
      throw InputError("'--steps' must be a whole number from 1 to \(1 << 20), but is \(steps)")
    }
  }

  func run() throws {
    if let report, !insideLimit {
      try checkOutputFile(
        report, option: "--report", force: existing.force, inputs: [source.model])
    }
    if let limit, !insideLimit {
      return try LimitedProcess(limit: limit, speed: machine.speedNow()).run()
    }
    let settings = step.settings(threads: common.threads)
    let bar = ProgressBar("profiling", total: steps, unit: "steps")
    let profile = try StepProfile.run(
      path: source.model, settings: settings, steps: steps, evicting: evict, limit: limit?.bytes
    ) { _ in bar.advance() }
    bar.finish()
    if let limit, profile.peakPrivateBytes > limit.bytes {
      throw InputError(
        "private memory reached \(profile.peakPrivateBytes) bytes, more than '--limit \(limit)'")
    }
    let origin = try ModelSource(source.model)
    let work = StepWork(try origin.configuration, settings)
    let estimate = try origin.memory(settings, as: .f32)
    // After the steps, so that the memory of the measurement does not count, but at once: the load of a
    // shared machine changes.
    let roofline = Roofline(
      work, parameterCount: try origin.parameterCount, fileBytes: estimate.mappedBytes,
      settings: settings, phaseSeconds: profile.phaseSeconds, speed: try machine.speedNow())
    let result = ProfileResult(
      profile, estimate: estimate, limit: limit, work: work, roofline: roofline,
      threads: common.threads)
    if let report {
      let page = result.report(origin.name, settings: step.facts).html()
      try AtomicFile.write(Array(page.utf8), to: report)
    }
    if common.json { try Output.printJSON(result) } else { result.printText() }
  }
}

/// A run of this same command in a process whose private memory is limited.
private struct LimitedProcess {
  let limit: ByteCount
  /// Measured here: under the limit there may be no room for it.
  let speed: MachineSpeed

  /// Runs the command with what this one was given.
  ///
  /// - Throws: ``InputError`` if the process ended because memory was refused.
  func run() throws {
    let process = Process()
    process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments =
      CommandLine.arguments.dropFirst() + [
        "--inside-limit", "--gflops", "\(speed.gigaflops)", "--bandwidth", "\(speed.bandwidth)",
      ]
    // What Swift and OpenBLAS print when an allocation fails helps nobody.
    let errors = Pipe()
    process.standardError = errors
    process.environment = ProcessInfo.processInfo.environment
      .merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationReason == .exit,
      process.terminationStatus != exitStatusWithoutMemory
    else {
      throw InputError(
        "the run needs more private memory than '--limit \(limit)' lets it have: the system "
          + "refused an allocation; raise the limit, or lower '--tokens' or '--threads'")
    }
    guard process.terminationStatus == 0 else {
      throw InputError(text.trimmingCharacters(in: .whitespacesAndNewlines))
    }
  }
}
