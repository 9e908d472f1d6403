import FineTuning
import Foundation
import Runs
import SeedDescent
import Testing

@Suite("Who is told of a run")
struct ProgressTests {
  /// A line of a log, as another program reads it.
  private struct Line: Decodable {
    let event: String
    let step, round: Int?
    let length: Int
    let loss, smoothedLoss, heldOutLoss, learningRate, secondsLeft: Double?
    let bytesUp: Int?

    var place: Int? { step ?? round }
  }

  private static func lines(_ folder: TemporaryFolder) throws -> [Line] {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try folder.read("log.jsonl").split(separator: 10).map {
      try decoder.decode(Line.self, from: $0)
    }
  }

  private static func eachOnce<K: Kind>(_ kind: K.Type) throws {
    for calls in 3..<9 {
      let folder = try TemporaryFolder()
      func plan(_ plan: inout RunPlan) { plan.logFile = folder.path + "/log.jsonl" }
      try kind.kill(5, in: folder, at: calls, planning: plan)
      try kind.run(5, in: folder, mode: .resume, planning: plan)
      let lines = try lines(folder)
      let done = lines.filter { ["step", "round"].contains($0.event) }
      #expect(done.map(\.place) == [1, 2, 3, 4, 5], "killed at call \(calls)")
      #expect(done.allSatisfy { $0.loss != nil && $0.smoothedLoss != nil && $0.length == 5 })
      #expect(lines.first?.event == "start" && lines.last?.event == "end")
      #expect(lines.first?.heldOutLoss != nil && lines.last?.heldOutLoss != nil)
    }
  }

  @Test("a log has each step once, wherever the run was stopped")
  func steps() throws { try Self.eachOnce(Local.self) }

  @Test("a log has each round once, wherever the run was stopped")
  func rounds() throws { try Self.eachOnce(Federated.self) }

  @Test("half a line is cut, and what is no log of a run is refused by line")
  func damage() throws {
    let folder = try TemporaryFolder()
    func plan(_ plan: inout RunPlan) { plan.logFile = folder.path + "/log.jsonl" }
    try Local.run(3, in: folder, mode: .refuse, planning: plan)
    let text = String(decoding: try folder.read("log.jsonl"), as: UTF8.self)
    try folder.write(text + #"{"event":"st"#, to: "log.jsonl")
    try Local.run(5, in: folder, mode: .resume, planning: plan)
    #expect(try Self.lines(folder).filter { $0.event == "step" }.map(\.step) == [1, 2, 3, 4, 5])
    try folder.write("mine\n", to: "log.jsonl")
    let error = #expect(throws: RunError.self) {
      try Local.run(5, in: folder, mode: .resume, planning: plan)
    }
    #expect(error?.description.contains("log.jsonl, line 1") == true)
    #expect(try folder.read("log.jsonl") == Data("mine\n".utf8))
  }

  @Test("a page is there while the run goes on, and the answers are in the state at its end")
  func page() throws {
    let folder = try TemporaryFolder()
    try Local.kill(9, in: folder, at: 6)
    #expect(try folder.read("run.report.html").count > 1000)
    #expect(!String(decoding: try folder.read(Local.stateName), as: UTF8.self).contains("is_right"))
    let result = try Local.run(9, in: folder, mode: .resume)
    #expect(try String(decoding: folder.read(Local.stateName), as: UTF8.self).contains("is_right"))
    #expect(result.samples.count == 4 && result.report == folder.path + "/run.report.html")
  }

  @Test("what is measured on the way by some examples is what all had, and what these changed")
  func someExamples() throws {
    let (all, some) = (try TemporaryFolder(), try TemporaryFolder())
    let whole = try Local.run(7, in: all, mode: .refuse)
    let part = try Local.run(7, in: some, mode: .refuse, planning: { $0.evaluationExamples = 2 })
    #expect(try all.read(Local.modelName) == some.read(Local.modelName))
    #expect(part.entries.map(\.heldOutExamples) == [nil, 2, nil, 2, nil, 2, nil])
    #expect(whole.entries.compactMap(\.heldOutExamples).isEmpty)
    #expect(whole.lossAfter == part.lossAfter && whole.lossBefore == part.lossBefore)
    for (one, other) in zip(whole.entries, part.entries) {
      guard let first = one.heldOutLoss, let second = other.heldOutLoss else { continue }
      // Losses of some eight nats, of which steps of 1e-4 change a part.
      #expect(abs(first - second) < 0.5)
    }
  }
}

@Suite("A run that diverges")
struct DivergingRunTests {
  private static func stops<K: Kind>(_ kind: K.Type, _ length: Int) throws {
    let folder = try TemporaryFolder()
    let result = try kind.run(
      length, in: folder, mode: .refuse, planning: { $0.stopsOnDivergence = true },
      changing: { $0.learningRate = 1e-2 })
    let found = try #require(result.divergence)
    #expect(result.isStoppedByDivergence && result.entries.count < length)
    #expect(found.lastGood <= found.position && found.loss > found.reference)
    #expect(result.warnings.first?.contains("the run diverges") == true)
    let grown = try kind.run(
      length, in: folder, mode: .resume, changing: { $0.learningRate = 1e-2 })
    #expect(grown.entries.count == length && !grown.isStoppedByDivergence)
    #expect(grown.divergence == found && grown.endsWorse)
    #expect(grown.conclusion.contains("ends worse than it began"))
    #expect(grown.best.heldOutLoss <= grown.lossBefore)
  }

  @Test("stops within some steps where it is told to, and goes on where it is told to")
  func steps() throws { try Self.stops(Local.self, 20) }

  @Test("stops within a round")
  func rounds() throws { try Self.stops(Federated.self, 8) }

  @Test("one that learns says nothing of it")
  func learning() throws {
    let result = try Local.run(20, in: TemporaryFolder(), mode: .refuse)
    #expect(result.divergence == nil && !result.endsWorse && result.warnings.isEmpty)
    #expect(result.best.position > 0 && result.conclusion.contains("in 20 steps"))
  }
}
