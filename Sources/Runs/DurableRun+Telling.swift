internal import Datasets
internal import Federation
internal import FineTuning
internal import Foundation
internal import Reports
internal import SeedDescent
internal import Settings

// What is seen on the way, and who is told of it.

extension DurableRun {
  /// Looks at the entry that is done last, and says once that the run has left its way: what
  /// follows costs time and teaches nothing.
  ///
  /// - Returns: Whether it was found here.
  mutating func lookForDivergence() -> Bool {
    let ofClient = monitor.clientDivergence
    var found = ofClient
    if let entry = unsaved.last, let seen = watch.observe(entry) { found = found ?? seen }
    guard let found else { return false }
    // A client's step has said it.
    if !hasWarned, ofClient == nil { monitor.log(warning.text(of: found)) }
    (hasWarned, saved.divergence) = (true, saved.divergence ?? found)
    return true
  }

  /// Looks at the steps of the clients in the round to come.
  func watchClients() {
    guard files.kind == .simulate else { return }
    monitor.watchClients(
      ClientWatch(
        clientReference, batch: prepared.examplesPerStep, position: position,
        stops: plan.stopsOnDivergence, warning: hasWarned ? nil : warning))
  }

  /// The losses of the untuned model, of the category that is hardest: a client may have nothing
  /// else.
  private var clientReference: LossReference {
    guard let losses = saved.lossesBefore else { return saved.reference }
    let byCategory = Dictionary(grouping: zip(prepared.data.heldOut, losses), by: \.0.category)
    let means = byCategory.values.map { $0.reduce(0) { $0 + $1.1 } / Double($0.count) }
    return saved.reference.raised(to: means.max() ?? 0)
  }

  private var warning: DivergenceWarning {
    DivergenceWarning(
      files: files, learningRate: prepared.method.learningRate, stops: plan.stopsOnDivergence)
  }

  /// Opens what the run tells of its progress to, beside the terminal.
  mutating func openSinks() throws {
    let place = isResumed ? position : nil
    if let path = plan.logFile { sinks.append(try ProgressLog(path: path, after: place)) }
    if let folder = plan.eventFolder {
      // What an earlier run left there, which is replaced, counts up to before the first step.
      let first = place ?? (mode == .replace ? -1 : nil)
      sinks.append(try EventFile(folder: folder, after: first))
    }
    var record = record(isResumed ? .resume : .start)
    if !isResumed { record.heldOutLoss = saved.lossBefore }
    try tell(record)
  }

  /// Tells of a step or round that is done.
  func tell(of entry: Entry, learningRate: Double) throws {
    var record = record(files.kind == .tune ? .step : .round)
    (record.loss, record.learningRate) = (entry.trainingLoss, learningRate)
    (record.heldOutLoss, record.heldOutExamples) = (entry.heldOutLoss, entry.heldOutExamples)
    record.participation = entry.participation
    if files.kind == .simulate {
      (record.bytesUp, record.bytesDown) = (entry.traffic.bytesUp, entry.traffic.bytesDown)
    }
    record = monitor.completed(record)
    monitor.show(record)
    try tell(record)
  }

  /// Tells how the run ended.
  func tellEnd(_ result: RunResult<Entry>) throws {
    var record = record(.end)
    (record.heldOutLoss, record.message) = (result.lossAfter, result.conclusion)
    record.isTold = entries.last?.heldOutLoss != nil
    try tell(record)
  }

  private func record(_ event: ProgressRecord.Event) -> ProgressRecord {
    var record = ProgressRecord(
      event: event, kind: files.kind, position: position, length: plan.length)
    (record.seconds, record.peakPrivateBytes) = (
      monitor.cost.seconds, monitor.cost.peakPrivateBytes
    )
    return record
  }

  private func tell(_ record: ProgressRecord) throws {
    for sink in sinks { try sink.write(record) }
  }
}

/// What is said where a run leaves its way, and what to do then.
struct DivergenceWarning: Sendable {
  let files: RunFiles
  let learningRate: Double
  let stops: Bool

  func text(of found: Divergence) -> String {
    let period = files.kind.period
    let good =
      found.lastGood == 0
      ? "no \(period) was good, the untuned model is better"
      : "the last good model, of \(period) \(found.lastGood), is made by: "
        + files.pastModel(after: "\(found.lastGood)")
    let rate = String(format: "%.2g", learningRate / 3)
    return "warning: \(found.sentence(period: period)). "
      + (stops ? "It stops; start it again with" : "Stop it with Ctrl-C and take")
      + " a smaller --lr, such as \(rate); \(good)"
  }
}
