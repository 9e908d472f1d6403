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
  /// - Parameter command: The command that makes the same run again.
  init<Entry>(_ result: RunResult<Entry>, of run: PreparedRun, command: String) {
    self.init(title: run.modelName)
    commandLine = command
    period = Entry.kind.period
    date = Date()
    overview = Self.overview(of: run, result.settings)
    settings = Self.settings(result.settings)
    model = Self.model(of: run)
    machine = Self.machine(of: run)
    samples = result.samples.map {
      Sample(
        instruction: [$0.instruction, $0.context].filter { !$0.isEmpty }.joined(separator: "\n"),
        expected: $0.expected, before: $0.before, after: $0.after)
    }
    measurements = Entry.measurements(
      of: result.entries, lossBefore: result.lossBefore, lossAfter: result.lossAfter)
    figures =
      outcome + [
        Figure(
          "private memory", Quantity.bytes.text(Double(result.cost.peakPrivateBytes)),
          note: "at its peak"),
        Figure("time", Quantity.seconds.text(result.cost.seconds)),
      ]
    // Which directions mattered is a question of the method that draws them by it.
    if run.method.method == .fedkseedPro {
      seeds = [SeedUse](
        result.entries.lazy.flatMap(\.records), candidateCount: run.method.candidates)
    }
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

extension [SeedUse] {
  /// Sums up the updates of a run, candidate by candidate.
  init(_ records: some Sequence<StepRecord>, candidateCount: Int) {
    var steps = [Int](repeating: 0, count: candidateCount)
    var magnitudes = [Double](repeating: 0, count: candidateCount)
    for record in records where steps.indices.contains(record.candidate) {
      steps[record.candidate] += 1
      magnitudes[record.candidate] += Double(abs(record.increment))
    }
    self = steps.indices.map {
      SeedUse(candidate: $0, steps: steps[$0], sumOfMagnitudes: magnitudes[$0])
    }
  }
}
