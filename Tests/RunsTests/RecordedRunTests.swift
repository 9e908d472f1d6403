import FineTuning
import Foundation
import Runs
import SeedBasis
import Testing

@Suite("A recorded run")
struct RecordedRunTests {
  @Test("has every past model, which is that of a shorter run")
  func past() throws {
    let (long, short) = (try TemporaryFolder(), try TemporaryFolder())
    try Federated.run(4, in: long, mode: .refuse)
    try Federated.run(2, in: short, mode: .refuse)
    let recorded = try RecordedRun<LoggedRound>(Federated.files(in: long))
    let expected = try SeedCheckpoint.read(path: Federated.files(in: short).model)
    #expect(try recorded.model(after: 2).coefficients.rounded == expected.coefficients.rounded)
    #expect(try recorded.model(after: 2).history.steps == expected.history.steps)
    #expect(throws: RunError.self) { try recorded.model(after: 5) }
    #expect(throws: RunError.self) { try recorded.model(after: -1) }
  }

  @Test(
    "a state or a log that is a link to what has no end, or has a key of marks without end, is refused",
    .timeLimit(.minutes(1)), arguments: ["/dev/zero", "/proc/self/pagemap", nil])
  func endless(target: String?) throws {
    let folder = try TemporaryFolder()
    try Federated.run(1, in: folder, mode: .refuse)
    let files = Federated.files(in: folder)
    for path in [files.state, files.log] {
      try FileManager.default.removeItem(atPath: path)
      if let target {
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: target)
      } else {
        let marks = String(repeating: "\u{301}\u{316}", count: 100_000)
        try Data(#"{"a\#(marks)":1}\#("\n")"#.utf8).write(to: URL(filePath: path))
      }
    }
    #expect(throws: (any Error).self) {
      try SavedRun<SimulationState>.read(path: files.state)
    }
    // What is no file has no lines, or is none.
    let rounds = try? LoggedRound.read(path: files.log)
    #expect(rounds?.isEmpty ?? true)
  }

  @Test("a state, which may keep the secret of a server's noise, is for its owner alone")
  func permissions() throws {
    let folder = try TemporaryFolder()
    try Federated.run(1, in: folder, mode: .refuse)
    let path = Federated.files(in: folder).state
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test("a log of empty lines is refused at the first", .timeLimit(.minutes(1)))
  func emptyLines() throws {
    let folder = try TemporaryFolder()
    try Federated.run(1, in: folder, mode: .refuse)
    let path = Federated.files(in: folder).log
    try Data(repeating: 10, count: 1 << 24).write(to: URL(filePath: path))
    let error = #expect(throws: RunError.self) { try LoggedRound.read(path: path) }
    #expect(error?.description.contains("line 1") == true)
  }

  /// Writes a checkpoint that says another momentum of itself.
  private func rewrite(_ path: String, momentum: String) throws {
    let model = try SeedCheckpoint.read(path: path)
    var settings = model.history.settings
    settings["server-momentum"] = momentum
    try SeedCheckpoint(
      baseHash: model.baseHash, parameterMapHash: model.parameterMapHash, basis: model.basis,
      coefficients: model.coefficients,
      history: SeedCheckpoint.History(
        epsilon: model.history.epsilon, learningRate: model.history.learningRate,
        steps: model.history.steps, rounds: model.history.rounds, tool: model.history.tool,
        settings: settings)
    ).write(path: path)
  }

  private func without(_ folder: TemporaryFolder) throws -> [Float] {
    try RecordedRun<LoggedRound>(Federated.files(in: folder)).model(without: 1)
      .coefficients.rounded
  }

  @Test("takes the server's momentum from the log; what the checkpoint says of itself is text")
  func momentum() throws {
    let folder = try TemporaryFolder()
    try Federated.run(3, in: folder, mode: .refuse)
    let rest = try without(folder)
    try rewrite(Federated.files(in: folder).model, momentum: "0.9")
    #expect(try without(folder) == rest)

    // A log of an early version has a number, one of the first nothing at all.
    let rule = #","server":[^}]*\}\}[^}]*\}"#
    try folder.replace(rule, in: Federated.lineName, by: #","server_momentum":0.5"#)
    #expect(try without(folder) == rest)
    try folder.replace(#","server_momentum":0.5"#, in: Federated.lineName, by: "")
    #expect(try without(folder) != rest)
    try rewrite(Federated.files(in: folder).model, momentum: "0.5")
    #expect(try without(folder) == rest)
  }

  @Test(
    "a log whose lines cannot be those of the run is refused",
    arguments: [
      (#""round":1"#, #""round":-1"#), (#""round":1"#, #""round":9223372036854775807"#),
      (#""steps":2"#, #""steps":9223372036854775807"#), (#""steps":2"#, #""steps":-2"#),
      (#""beta":0.5"#, #""beta":1"#),
      (#""beta":0.5"#, #""beta":-0.5"#),
      (#""beta":0.5"#, #""beta":0.25"#),
      (#""held_out_loss":[0-9.]+,"#, ""),
      (#""bytes_up":"#, #""bytes_up":9"#),
    ])
  func damage(_ pattern: String, _ text: String) throws {
    let folder = try TemporaryFolder()
    try Federated.run(3, in: folder, mode: .refuse)
    try folder.replace(pattern, in: Federated.lineName, by: text)
    #expect(throws: RunError.self) {
      try RecordedRun<LoggedRound>(Federated.files(in: folder)).model(after: 3)
    }
  }

  @Test(
    "steps whose numbers are not theirs are refused",
    arguments: ["-1", "9223372036854775807", "0"])
  func steps(_ text: String) throws {
    let folder = try TemporaryFolder()
    try Local.run(3, in: folder, mode: .refuse)
    try folder.replace(#""step":1"#, in: Local.lineName, by: #""step":\#(text)"#)
    let error = #expect(throws: RunError.self) {
      try RecordedRun<LoggedStep>(Local.files(in: folder)).model(after: 3)
    }
    #expect(error?.description.contains("line 2") == true)
  }
}
