internal import Bytes
internal import Datasets
internal import FineTuning
internal import Reports
internal import SeedDescent
internal import Settings
internal import Weights

// What a run comes to, at its end and on the way.

extension DurableRun {
  mutating func finish() throws -> RunResult<Entry> {
    let measured = entries.isEmpty ? saved.lossBefore : entries.last?.heldOutLoss
    let lossAfter = try measured ?? score().lossPerExample
    // A simulation's last round says it.
    if files.kind == .tune { saved.lossAfter = lossAfter }
    let samples = SampleQuestions(prepared).samples(
      before: saved.answersBefore, after: try answers())
    if position >= plan.length { saved.samples = samples }
    try save()
    let result = result(lossAfter: lossAfter, samples: samples)
    try write(result)
    try tellEnd(result)
    return result
  }

  func result(lossAfter: Double, samples: [SampleAnswer]) -> RunResult<Entry> {
    let isCut = plan.stopsOnDivergence && saved.divergence != nil && position < plan.length
    return RunResult(
      settings: prepared.settings, entries: allEntries, lossBefore: saved.lossBefore,
      lossAfter: lossAfter, cost: monitor.cost, samples: samples,
      best: watch.best.lower(than: lossAfter, at: allEntries.count),
      divergence: saved.divergence, isStoppedByDivergence: isCut, next: nextCommands,
      report: plan.writesReport ? files.report : nil, seeds: seedTally?.uses ?? [], files: files)
  }

  func write(_ result: RunResult<Entry>) throws {
    if let path = files.results { try files.write(RunJSON.encode(result), to: path) }
    guard plan.writesReport else { return }
    let report = report(of: result)
    if let path = files.measurements { try files.write(report.csv().utf8, to: path) }
    try files.write(report.html().utf8, to: files.report)
  }

  /// Writes the page as it is by now, to be looked at while the run goes on; in all it takes at most
  /// a fiftieth of the time.
  mutating func writeReport() throws {
    let start = monitor.cost.seconds
    guard plan.writesReport, position < plan.length, start - page.writtenAt >= 50 * page.cost
    else { return }
    let samples = SampleQuestions(prepared).samples(
      before: saved.answersBefore, after: saved.answersBefore.map { _ in "" })
    let lossAfter = allEntries.last?.heldOutLoss ?? saved.lossBefore
    let report = report(
      of: result(lossAfter: lossAfter, samples: samples), goingOnTo: plan.length)
    try files.write(report.html().utf8, to: files.report)
    page = (monitor.cost.seconds, monitor.cost.seconds - start)
  }

  func report(of result: RunResult<Entry>, goingOnTo length: Int? = nil) -> RunReport {
    var report = RunReport(result, of: prepared, in: files, goingOnTo: length)
    engine.describe(result, of: prepared.modelName, in: &report)
    return report
  }

  /// What to type next, with the very files.
  private var nextCommands: [String] {
    let (model, kseed) = (shellWord(prepared.base.store.path), shellWord(files.model))
    let stem = files.model.hasSuffix(".kseed") ? String(files.model.dropLast(6)) : files.model
    let tuned = stem + (prepared.base.store.format == .gguf ? ".gguf" : "-tuned")
    return (scoreCommand(model, kseed).map { [$0] } ?? []) + [
      "fedkseed generate \(model) --kseed \(kseed) --prompt \(shellWord(question))",
      "fedkseed apply \(model) \(kseed) --out \(shellWord(tuned))",
    ]
  }

  /// Not of a pipe, which has been read.
  private func scoreCommand(_ model: String, _ kseed: String) -> String? {
    guard let source = prepared.settings[.data]?.description, source != "-" else { return nil }
    let options = [SettingKey.columns, .split].compactMap { key in
      prepared.settings[key].map { " --\(key.rawValue) \(shellWord($0.description))" }
    }
    return "fedkseed score \(model) --kseed \(kseed) --data \(shellWord(source))"
      + options.joined()
  }

  /// A question to try: a short one of the examples, or any.
  private var question: String {
    SampleQuestions(prepared).examples.map { $0.instruction }
      .first { $0.utf8.count <= 240 && $0.count <= 60 && !$0.contains(where: \.isNewline) }
      ?? "What is a seed?"
  }
}
