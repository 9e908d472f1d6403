internal import FineTuning
internal import Foundation
internal import Kernels
internal import Profiling
internal import Reports
internal import SeedDescent
internal import Settings
internal import Tensors
internal import Weights

extension RunReport {
  /// Makes the report of a run with what all runs have.
  ///
  /// - Parameters:
  ///   - files: Where the run is.
  ///   - length: The number of steps or rounds of a run that goes on; `nil` of a finished one.
  init<Entry>(
    _ result: RunResult<Entry>, of run: PreparedRun, in files: RunFiles, goingOnTo length: Int?
  ) {
    self.init(title: run.modelName)
    commandLine = files.repetition
    period = Entry.kind.period
    progress = length.map { Progress(done: result.entries.count, length: $0) }
    warnings =
      Self.warnings(of: result, isFinished: length == nil)
      + [run.data.rejectionSummary, run.data.cutSummary].compactMap(\.self).map(Self.sentence)
    divergedAt = result.divergence?.position
    best = Best(period: result.best.position, heldOutLoss: result.best.heldOutLoss)
    commands = Self.commands(result, files)
    date = Date()
    overview = Self.overview(of: run, result.settings)
    settings = Self.settings(result.settings)
    model = Self.model(of: run)
    machine = Self.machine(of: run)
    samples = result.samples.map(Sample.init)
    measurements = Entry.measurements(
      of: result.entries, lossBefore: result.lossBefore, lossAfter: result.lossAfter)
    figures =
      outcome
      + Self.perplexity(
        of: [result.lossBefore, result.lossAfter], objective: run.method.objective.rawValue) + [
        Figure(
          "private memory", Quantity.bytes.text(Double(result.cost.peakPrivateBytes)),
          note: "at its peak"),
        Figure("time", Quantity.seconds.text(result.cost.seconds)),
      ]
    // Which directions mattered is a question of the method that draws them by it.
    seeds = result.seeds
  }

  /// The usual measure of language models.
  ///
  /// - Parameters:
  ///   - losses: Held-out losses, in nats.
  ///   - objective: What was made smaller: only of a loss of tokens it means something.
  static func perplexity(of losses: [Double], objective: String?) -> [Figure] {
    // Beyond, it is a number of many digits that says no more than the loss.
    let limit = 12.0
    let ofTokens = [TuningObjective.loss, .tokenLoss].map(\.rawValue)
    guard let objective, ofTokens.contains(objective), !losses.isEmpty,
      losses.allSatisfy({ $0 < limit })
    else { return [] }
    let texts = losses.map { Quantity.amount.text(exp($0)) }
    return [
      Figure("perplexity", texts.joined(separator: " \u{2192} "), note: "e to the held-out loss")
    ]
  }

  private static func warnings<Entry>(of result: RunResult<Entry>, isFinished: Bool) -> [String] {
    let found =
      isFinished
      ? result.warnings
      : [result.divergence?.sentence(period: Entry.kind.period)].compactMap(\.self)
    return found.map { sentence($0.typeset) }
  }

  private static func sentence(_ text: String) -> String { text.capitalizedFirst + "." }

  /// What else can be made of the run: its best model, where that is not the last, and its last good one.
  private static func commands<Entry>(_ result: RunResult<Entry>, _ files: RunFiles) -> [Fact] {
    let period = Entry.kind.period
    let (best, good) = (result.best.position, result.divergence?.lastGood ?? 0)
    let past = { (name: String, position: Int) in
      Fact("\(name), after \(period) \(position)", files.pastModel(after: "\(position)"))
    }
    return (good > 0 ? [past("The last model before the run diverged", good)] : [])
      + (0 < best && best < result.entries.count
        ? [past("The model with the lowest held-out loss", best)] : [])
  }

  private static func model(of run: PreparedRun) -> [Fact] {
    let store = run.base.store
    return [
      Fact("path", store.path), Fact("format", store.format.rawValue),
      Fact("parameters", "\(store.parameters.elementCount)"),
      Fact("SHA-256 of the model", store.identity()),
      Fact("SHA-256 of the data", run.settings[.dataSha256]?.description ?? "unknown"),
    ]
  }

  private static func machine(of run: PreparedRun) -> [Fact] {
    [
      Fact("processor", (try? MachineDescription.current())?.cpuModel ?? "unknown"),
      Fact("instruction set", run.base.context.instructionSet.rawValue),
      Fact("threads", "\(run.base.context.threads.count)"),
      Fact("OpenBLAS", OpenBLAS.configuration),
      Fact("OpenBLAS core type", OpenBLAS.coreName),
    ]
  }
}

extension Sample {
  /// Makes a sample of what a run has asked.
  init(_ answer: SampleAnswer) {
    let question = [answer.instruction, answer.context].filter { !$0.isEmpty }
    self.init(
      instruction: question.joined(separator: "\n"), expected: answer.expected,
      before: answer.before, after: answer.after)
  }
}

extension String {
  /// The text with the arrow of a page in place of that of a terminal.
  var typeset: String { replacing("->", with: "\u{2192}") }
}

/// Sums up the updates of a run, candidate by candidate.
struct SeedTally {
  private var steps: [Int]
  private var magnitudes: [Double]

  init(candidateCount: Int) {
    steps = [Int](repeating: 0, count: candidateCount)
    magnitudes = [Double](repeating: 0, count: candidateCount)
  }

  /// Adds the updates that come next.
  mutating func add(_ records: some Sequence<StepRecord>) {
    for record in records where steps.indices.contains(record.candidate) {
      steps[record.candidate] += 1
      magnitudes[record.candidate] += Double(abs(record.increment))
    }
  }

  /// What became of each candidate.
  var uses: [SeedUse] {
    steps.indices.map {
      SeedUse(candidate: $0, steps: steps[$0], sumOfMagnitudes: magnitudes[$0])
    }
  }
}
