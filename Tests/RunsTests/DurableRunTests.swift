import FineTuning
import Foundation
import Runs
import SeedBasis
import SeedDescent
import Settings
import Testing

/// What is tested of both kinds of runs alike; it throws what fails.
private struct Trial: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let failures: @Sendable () throws -> Void
  let kills: @Sendable () throws -> Void
  let stop: @Sendable () throws -> Void
  let growth: @Sendable () throws -> Void
  let settings: @Sendable () throws -> Void
  let oldFingerprint: @Sendable () throws -> Void
  let positions: @Sendable (String) throws -> Void

  init<K: Kind>(_ kind: K.Type, _ description: String) {
    testDescription = description
    failures = { try kind.failures() }
    kills = { try kind.kills() }
    stop = { try kind.stop() }
    growth = { try kind.growth() }
    settings = { try kind.settings() }
    oldFingerprint = { try kind.oldFingerprint() }
    positions = { try kind.position($0) }
  }

  static let both = [Trial(Local.self, "tune"), Trial(Federated.self, "simulate")]
}

extension Kind {
  /// Returns the seed checkpoint of a run that nothing stops.
  fileprivate static func uninterrupted(_ length: Int) throws -> Data {
    let folder = try TemporaryFolder()
    try run(length, in: folder, mode: .refuse)
    return try folder.read(modelName)
  }

  fileprivate static func failures() throws {
    let expected = try uninterrupted(5)
    for failure in 0..<14 {
      let folder = try TemporaryFolder()
      try kill(5, in: folder, at: failure)
      try run(5, in: folder, mode: .resume)
      #expect(try folder.read(modelName) == expected, "failing at call \(failure)")
    }
  }

  /// Puts together what a kill between two writes leaves: newer files and older ones.
  fileprivate static func kills() throws {
    let (expected, length) = (try uninterrupted(7), 7)
    for (early, late) in [(3, 4), (4, 7)] {
      let folders = try [early, late].map { stopped in
        let folder = try TemporaryFolder()
        // So many entries are done when it ends.
        try kill(length, in: folder, at: callCount(stopped))
        return folder
      }
      for newer in [[lineName], [lineName, modelName]] {
        let folder = try folders[0].copy()
        for name in newer { try folder.take(name, of: folders[1]) }
        try run(length, in: folder, mode: .resume)
        #expect(try folder.read(modelName) == expected, "\(newer) after \(early)")
      }
      let torn = try folders[0].copy()
      try torn.write(
        String(decoding: torn.read(lineName), as: UTF8.self) + #"{"step":3,"rou"#, to: lineName)
      try run(length, in: torn, mode: .resume)
      #expect(try torn.read(modelName) == expected)
    }
  }

  /// The calls of the engine until `entries` entries are done, the first score among them.
  private static func callCount(_ entries: Int) throws -> Int {
    let interval = try plan(entries).evaluationInterval ?? .max
    return 1 + entries + entries / interval
  }

  fileprivate static func stop() throws {
    let expected = try uninterrupted(5)
    let folder = try TemporaryFolder()
    let wantsStop: @Sendable () -> Bool = { true }
    #expect(throws: Interrupted.self) {
      _ = try run(5, in: folder, mode: .refuse, wantsStop: wantsStop)
    }
    let result = try run(5, in: folder, mode: .resume)
    #expect(try folder.read(modelName) == expected && result.entries.map(\.number) == Array(0..<5))
  }

  fileprivate static func growth() throws {
    let folder = try TemporaryFolder()
    let first = try run(3, in: folder, mode: .refuse)
    let again = try run(3, in: folder, mode: .resume)
    #expect(first.lossAfter == again.lossAfter && again.entries.count == 3)
    let grown = try run(5, in: folder, mode: .resume)
    #expect(grown.lossBefore == first.lossBefore && grown.entries.count == 5)
    #expect(try folder.read(modelName) == uninterrupted(5))
  }

  fileprivate static func settings() throws {
    let folder = try TemporaryFolder()
    try run(2, in: folder, mode: .refuse)
    let error = #expect(throws: RunError.self) {
      try run(2, in: folder, mode: .resume, changing: { $0.epsilon = 0.01 })
    }
    #expect(error?.description.contains("'--epsilon' is 0.01") == true)
  }

  /// A state as early versions wrote it goes on, and then has the fingerprint of today.
  fileprivate static func oldFingerprint() throws {
    let folder = try TemporaryFolder()
    try kill(5, in: folder, at: 6)
    let old = try oldFingerprint(of: prepared(5))
    try folder.replace(#""data-sha256":"[^"]*""#, in: stateName, by: #""data-sha256":"\#(old)""#)
    try run(5, in: folder, mode: .resume)
    #expect(try folder.read(modelName) == uninterrupted(5))
    try folder.replace(
      #""data-sha256":"[^"]*""#, in: stateName, by: #""data-sha256":"other""#)
    #expect(throws: RunError.self) { try run(5, in: folder, mode: .resume) }
  }

  private static func oldFingerprint(of run: PreparedRun) -> String { run.oldDataFingerprint }

  fileprivate static func position(_ text: String) throws {
    let folder = try TemporaryFolder()
    try kill(5, in: folder, at: 6)
    let period = files(in: folder).kind.period
    try folder.replace(#""\#(period)":[0-9]+"#, in: stateName, by: #""\#(period)":\#(text)"#)
    let state = try folder.read(stateName)
    let error = #expect(throws: RunError.self) { try run(5, in: folder, mode: .resume) }
    #expect(error?.description.contains("\(period): found \(text), expected") == true)
    #expect(try folder.read(stateName) == state)
  }
}

@Suite("A durable run")
struct DurableRunTests {
  @Test("that fails at any call of the engine resumes to the same bits", arguments: Trial.both)
  private func failures(_ trial: Trial) throws { try trial.failures() }

  @Test("that is killed between two writes resumes to the same bits", arguments: Trial.both)
  private func kills(_ trial: Trial) throws { try trial.kills() }

  @Test("saves when the user wants it to stop", arguments: Trial.both)
  private func stop(_ trial: Trial) throws { try trial.stop() }

  @Test("resumes when it is finished, and may grow", arguments: Trial.both)
  private func growth(_ trial: Trial) throws { try trial.growth() }

  @Test("goes on with its own settings only", arguments: Trial.both)
  private func settings(_ trial: Trial) throws { try trial.settings() }

  @Test("of early versions goes on, whose data have the old fingerprint", arguments: Trial.both)
  private func oldFingerprint(_ trial: Trial) throws { try trial.oldFingerprint() }

  @Test(
    "has a place from 0 on, in the range of integers", arguments: Trial.both,
    ["-1", "-9223372036854775808", "9223372036854775807"])
  private func positions(_ trial: Trial, _ text: String) throws { try trial.positions(text) }

  @Test(
    "whose place in the choice of candidates is not that of its steps is refused",
    arguments: [TuningMethod.mezo, .fedkseed], ["0", "63", "18446744073709551615"])
  func samplerPosition(_ method: TuningMethod, _ text: String) throws {
    func change(_ settings: inout TuningSettings) {
      (settings.method, settings.isWithoutReplacement) = (method, method == .fedkseed)
    }
    let folder = try TemporaryFolder()
    try Local.kill(5, in: folder, at: 6, change)
    try folder.replace(
      #""sampler_position":[0-9]+"#, in: Local.stateName, by: #""sampler_position":\#(text)"#)
    let error = #expect(throws: StateError.self) {
      try Local.run(5, in: folder, mode: .resume, changing: change)
    }
    #expect(error?.place == "sampler position" && error?.found == text)
  }

  @Test("needs measurements to have patience")
  func patience() throws {
    #expect(throws: SettingsError.self) {
      var settings = LocalRunSettings(steps: 5)
      settings.patience = 2
      _ = try settings.plan()
    }
  }
}

@Suite("The files of an earlier run")
struct EarlierRunTests {
  @Test(
    "a tuning's state that cannot be read is refused by name, and replaced by force",
    arguments: ["", "{", #"{"settings":{}}"#, "[[[["])
  func damaged(_ text: String) throws {
    let folder = try TemporaryFolder()
    try Local.kill(5, in: folder, at: 6)
    try folder.write(text, to: Local.stateName)
    let files = Local.files(in: folder)
    let error = #expect(throws: RunError.self) { try files.prepare(.refuse) }
    for word in [Local.stateName, "'--force'"] {
      #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }
    #expect(try folder.read(Local.stateName) == Data(text.utf8))
    try files.prepare(.replace)
    #expect(try Local.run(5, in: folder, mode: .replace).entries.count == 5)
  }

  @Test("what is in the log does not stay in memory")
  func memory() throws {
    let folder = try TemporaryFolder()
    #expect(try Federated.run(2, in: folder, mode: .refuse).entries.allSatisfy(\.records.isEmpty))
    let pro = try Federated.run(
      2, in: folder, mode: .replace,
      changing: {
        ($0.method, $0.estimator) = (.fedkseedPro, .twoSided)
      })
    #expect(pro.entries.allSatisfy { $0.records.isEmpty })
    #expect(try Local.run(2, in: folder, mode: .refuse).entries.allSatisfy(\.records.isEmpty))
  }

  @Test("an unfinished one is refused with how to go on, and a finished one too")
  func unfinished() throws {
    let folder = try TemporaryFolder()
    let files = Local.files(in: folder)
    try Local.kill(5, in: folder, at: 6)
    let refusal = #expect(throws: RunError.self) { try files.prepare(.refuse) }
    #expect(refusal?.description.contains("--resume") == true)
    try Local.run(5, in: folder, mode: .resume)
    let finished = #expect(throws: RunError.self) { try files.prepare(.refuse) }
    #expect(finished?.description.contains("'--force'") == true)

    let federation = try TemporaryFolder()
    try Federated.kill(3, in: federation, at: 4)
    let error = #expect(throws: RunError.self) {
      try Federated.files(in: federation).prepare(.refuse)
    }
    #expect(error?.description.contains("--resume") == true)
    try Federated.run(3, in: federation, mode: .resume)
    #expect(throws: RunError.self) { try Federated.files(in: federation).prepare(.refuse) }
  }
}
