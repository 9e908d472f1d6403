internal import ArgumentParser
internal import FineTuning
internal import Foundation
internal import Reports
internal import Runs
internal import Settings

/// Tries learning rates.
struct FindLearningRate: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "find-lr",
    abstract: "Find a learning rate by short runs from the same start.",
    discussion: """
      Every run takes the same batches and directions. Give the options of the run that is to follow.

        fedkseed find-lr MODEL --data examples.jsonl --steps 100

      'fedkseed find-lr --help-all' has the options that are rarely needed too.
      """)

  @OptionGroup var options: RunOptions

  @Option(name: .setting(.steps), help: "The number of steps at each rate.")
  var steps = 50

  @Option(help: "The lowest rate.")
  var from = 1e-6

  @Option(help: "The highest rate.")
  var to = 1e-3

  @Option(help: "The number of rates, in equal ratios.")
  var count = 7

  func validate() throws {
    guard (1...1 << 20).contains(steps), (1...100).contains(count) else {
      throw InputError("'--steps' and '--count' must be at least 1, and '--count' at most 100")
    }
  }

  func run() throws {
    // Not in `validate`, which sees the options of a settings file one by one.
    guard from > 0, to >= from, to.isFinite else {
      throw InputError(
        "'--from' must be positive and '--to' not below it, but they are \(from) and \(to)")
    }
    let run = try options.prepare { _, _ in [:] }
    let search = try LearningRateSearch(base: run.base, data: run.data, settings: run.method)
    let before = try search.lossBefore()
    let bar = ProgressBar("trying", total: count * steps, unit: "steps")
    defer { bar.finish() }
    let trials = try LearningRateSearch.grid(from: from, to: to, count: count).map { rate in
      let trial = try search.trial(at: rate, steps: steps) { _ in bar.advance() }
      bar.log(Self.line(trial, before))
      return trial
    }
    bar.finish()
    let best = LearningRateSearch.best(of: trials, lossBefore: before)
    if options.common.json {
      try Output.printJSON(
        Result(lossBefore: before, trials: trials, learningRate: best?.learningRate))
    } else {
      print(Self.suggestion(best, among: trials))
    }
  }

  private static func line(_ trial: LearningRateSearch.Trial, _ before: Double) -> String {
    let training = trial.trainingLoss.map { Quantity.loss.text($0) } ?? "none"
    return "lr \(rounded(trial.learningRate))  "
      + "held-out loss \(lossChange(before, trial.heldOutLoss))  training loss \(training)  \(trial.skippedCount) skipped"
  }

  private static func suggestion(
    _ best: LearningRateSearch.Trial?, among trials: [LearningRateSearch.Trial]
  ) -> String {
    guard let best else {
      return "no rate lowers the held-out loss: try lower rates, more steps or another epsilon"
    }
    let isAtEnd = best == trials.first || best == trials.last
    return "--lr \(rounded(best.learningRate))"
      + (isAtEnd && trials.count > 1 ? "  (the end of the range: look beyond it)" : "")
  }

  /// A rate as one types it: two digits.
  private static func rounded(_ rate: Double) -> String { String(format: "%.1e", rate) }

  private struct Result: Encodable {
    let lossBefore: Double
    let trials: [LearningRateSearch.Trial]
    let learningRate: Double?
  }
}
