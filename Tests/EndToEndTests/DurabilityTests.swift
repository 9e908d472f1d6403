import Foundation
import TestSupport
import Testing

/// A run that can be stopped: how it starts, how it goes on, what it leaves.
struct DurableRun: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let start: [String]
  let resume: [String]
  /// The file with a line for each round or step, the state, and the seed checkpoint.
  let log, state, model: String

  static let simulation = DurableRun(
    testDescription: "simulate",
    start: ["simulate", RealInputs.tinyLlama] + smallRun
      + ["--clients", "3", "--rounds", "6", "--local-steps", "12", "--out", "run"],
    resume: ["simulate", "--resume", "run"],
    log: "run/rounds.jsonl", state: "run/state.json", model: "run/model.kseed")

  static let tuning = DurableRun(
    testDescription: "tune, dense",
    start: ["tune", RealInputs.tinyLlama] + smallRun
      + ["--steps", "150", "--checkpoint-every", "7", "--basis", "gaussian", "--out", "run.kseed"],
    resume: ["tune", "--resume", "run.kseed"],
    log: "run.steps.jsonl", state: "run.state.json", model: "run.kseed")

  static let descent = DurableRun(
    testDescription: "tune, backprop",
    start: ["tune", RealInputs.tinyLlama] + smallRun
      + [
        "--estimator", "backprop", "--steps", "150", "--checkpoint-every", "7", "--lr", "3e-5",
        "--schedule", "cosine", "--out", "run.kseed",
      ],
    resume: ["tune", "--resume", "run.kseed"],
    log: "run.steps.jsonl", state: "run.state.json", model: "run.kseed")

  static let all = [simulation, tuning, descent]

  /// Returns the seed checkpoint of a run that nobody stops.
  func uninterrupted() throws -> Data {
    try Tool.inFolder { tool in
      let outcome = try tool.run(start)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try tool.read(model)
    }
  }

  /// Starts or resumes the run, and sends it `signal` when the log has `lineCount` lines and `delay` has
  /// passed.
  func stop(
    _ tool: Tool, by signal: Int32, after lineCount: Int, delay: TimeInterval = 0
  ) throws -> Tool.Outcome {
    let hasState = FileManager.default.fileExists(atPath: tool.path(state))
    let running = try tool.start(hasState ? resume : start)
    while running.process.isRunning, lines(tool) < lineCount { usleep(500) }
    usleep(UInt32(delay * 1e6))
    kill(running.process.processIdentifier, signal)
    return try running.outcome()
  }

  private func lines(_ tool: Tool) -> Int {
    ((try? tool.read(log)) ?? Data()).count { $0 == 10 }
  }
}

@Suite("A run is durable")
struct DurabilityTests {
  @Test(
    "killed at any moment and resumed, it comes to the bits of a run that nobody stopped",
    arguments: DurableRun.all)
  func kills(_ run: DurableRun) throws {
    let expected = try run.uninterrupted()
    try Tool.inFolder { tool in
      var kills = 0
      // From the first moments, through the writing of a line, to the middle of later rounds.
      for (lines, delay) in [(0, 0.1), (1, 0), (1, 0.02), (2, 0.001), (3, 0.05), (4, 0.003)] {
        if try run.stop(tool, by: SIGKILL, after: lines, delay: delay).status == SIGKILL {
          kills += 1
        }
      }
      #expect(kills >= 4)
      let outcome = try tool.run(run.resume)
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(try tool.read(run.model) == expected)
    }
  }

  @Test(
    "Ctrl-C and SIGTERM save, say how to go on, and give the status 130",
    arguments: DurableRun.all, [SIGINT, SIGTERM])
  func interruption(_ run: DurableRun, signal: Int32) throws {
    let expected = try run.uninterrupted()
    try Tool.inFolder { tool in
      let stopped = try run.stop(tool, by: signal, after: 1)
      #expect(stopped.status == 130)
      #expect(stopped.errors.contains("go on with: fedkseed \(run.resume.joined(separator: " "))"))
      let again = try tool.run(run.start)
      #expect(again.status == 1 && again.errors.contains("--resume"))
      let outcome = try tool.run(run.resume)
      #expect(outcome.status == 0 && outcome.errors.contains("going on after"))
      #expect(try tool.read(run.model) == expected)
    }
  }

  @Test("a line that a kill tore is cut, with a note", arguments: DurableRun.all)
  func tornLine(_ run: DurableRun) throws {
    let expected = try run.uninterrupted()
    try Tool.inFolder { tool in
      _ = try run.stop(tool, by: SIGTERM, after: 2)
      let torn = try tool.read(run.log) + Data("{\"round\":2,\"parti".utf8)
      try torn.write(to: URL(filePath: tool.path(run.log)))
      let outcome = try tool.run(run.resume)
      #expect(outcome.status == 0 && outcome.errors.contains("note: cut 17 bytes"))
      #expect(try tool.read(run.model) == expected)
    }
  }

  @Test("a run whose state is gone is not begun again by --resume", arguments: DurableRun.all)
  func lostState(_ run: DurableRun) throws {
    try Tool.inFolder { tool in
      _ = try run.stop(tool, by: SIGTERM, after: 2)
      let log = try tool.read(run.log)
      try FileManager.default.removeItem(atPath: tool.path(run.state))
      let outcome = try tool.run(run.resume)
      #expect(outcome.status == 1 && outcome.errors.contains("there is no"), "\(outcome.errors)")
      #expect(try tool.read(run.log) == log)
    }
  }

  @Test("a finished run resumes to the same, or grows to the bits of a longer run")
  func growth() throws {
    let run = DurableRun.simulation
    try Tool.inFolder { tool in
      _ = try tool.run(run.start)
      let six = try tool.read(run.model)
      _ = try tool.run(run.resume)
      #expect(try tool.read(run.model) == six)
      let grown = try tool.run(run.resume + ["--rounds", "8"])
      try #require(grown.status == 0, "\(grown.errors)")
      _ = try tool.run(run.start.dropLast() + ["eight", "--rounds", "8"])
      #expect(try tool.read(run.model) == tool.read("eight/model.kseed"))
    }
  }

  @Test("a run goes on with its own settings only")
  func settings() throws {
    try Tool.inFolder { tool in
      _ = try DurableRun.simulation.stop(tool, by: SIGTERM, after: 1)
      for (option, value) in [("lr", "1"), ("clients", "2"), ("seed", "9")] {
        let outcome = try tool.run(DurableRun.simulation.resume + ["--\(option)", value])
        #expect(
          outcome.status == 1 && outcome.errors.contains("'--\(option)'"), "\(outcome.errors)")
      }
      let nothing = try tool.run(["simulate", "--resume", "nowhere"])
      #expect(nothing.status == 1 && nothing.errors.contains("nowhere/settings.yaml"))
    }
  }

  /// A change to the text of a file, and a part of the message it must cause.
  struct Attack: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let run: DurableRun
    let file: @Sendable (DurableRun) -> String
    let pattern: String
    let replacement: String
    let message: String
  }

  static let attacks = [
    Attack(
      testDescription: "a cut state", run: .simulation, file: { $0.state }, pattern: "\"state\".*",
      replacement: "", message: "state.json"),
    Attack(
      testDescription: "an empty state", run: .tuning, file: { $0.state }, pattern: "(?s).*",
      replacement: "", message: "state.json"),
    Attack(
      testDescription: "a state nested without end", run: .simulation, file: { $0.state },
      pattern: "(?s).*", replacement: String(repeating: "[", count: 1 << 20), message: "state.json"),
    Attack(
      testDescription: "a number beyond binary32", run: .simulation, file: { $0.state },
      pattern: "\"coefficients\":\\[[^,]*", replacement: "\"coefficients\":[1e300",
      message: "coefficient"),
    Attack(
      testDescription: "a coefficient changed", run: .simulation, file: { $0.state },
      pattern: "\"coefficients\":\\[[^,]*", replacement: "\"coefficients\":[0.5", message: "restore"
    ),
    Attack(
      testDescription: "a coefficient changed", run: .tuning, file: { $0.state },
      pattern: "\"coefficients\":\\[[^,]*", replacement: "\"coefficients\":[0.5",
      message: "coefficients"),
    Attack(
      testDescription: "one coefficient", run: .simulation, file: { $0.state },
      pattern: "\"coefficients\":\\[[^\\]]*", replacement: "\"coefficients\":[1", message: "64"),
    Attack(
      testDescription: "a round before the first", run: .simulation, file: { $0.state },
      pattern: "\"round\":1", replacement: "\"round\":-1", message: "round"),
    Attack(
      testDescription: "more rounds than the log", run: .simulation, file: { $0.state },
      pattern: "\"round\":1", replacement: "\"round\":999", message: "1 lines"),
    Attack(
      testDescription: "more steps than an integer", run: .tuning, file: { $0.state },
      pattern: "\"step\":[0-9]+", replacement: "\"step\":99999999999999999999",
      message: "state.json"),
    Attack(
      testDescription: "a place beyond the data", run: .simulation, file: { $0.state },
      pattern: "\"offset\":[0-9]+", replacement: "\"offset\":1000000", message: "data order"),
    Attack(
      testDescription: "a negative place", run: .simulation, file: { $0.state },
      pattern: "\"sampler_position\":[0-9]+", replacement: "\"sampler_position\":-1",
      message: "state.json"),
    Attack(
      testDescription: "a client less", run: .simulation, file: { $0.state },
      pattern: "\"clients\":\\[\\{\"batches\":\\{[^}]*\\}[^}]*\\},", replacement: "\"clients\":[",
      message: "clients: found 2, expected 3"),
    Attack(
      testDescription: "a message with another byte", run: .simulation, file: { $0.log },
      pattern: "\"updates\":\\[\"RktT", replacement: "\"updates\":[\"AktT", message: "magic"),
    Attack(
      testDescription: "a message too few", run: .simulation, file: { $0.log },
      pattern: "\"updates\":\\[\"[^\"]*\",", replacement: "\"updates\":[", message: "damaged"),
    Attack(
      testDescription: "another amount of traffic", run: .simulation, file: { $0.log },
      pattern: "\"bytes_up\":", replacement: "\"bytes_up\":9", message: "damaged"),
    Attack(
      testDescription: "a line that is no JSON", run: .simulation, file: { $0.log },
      pattern: "^\\{", replacement: "", message: "line 1"),
    Attack(
      testDescription: "a candidate of another basis", run: .tuning, file: { $0.log },
      pattern: "\"candidate\":[0-9]+", replacement: "\"candidate\":64", message: "candidate"),
    Attack(
      testDescription: "no optimiser", run: .descent, file: { $0.state },
      pattern: "\"optimizer\":\\{[^}]*\\}", replacement: "\"optimizer\":null",
      message: "optimizer: found none"),
    Attack(
      testDescription: "an optimiser of another kind", run: .descent, file: { $0.state },
      pattern: "\"second\":\"[^\"]*", replacement: "\"second\":\"",
      message: "second moments: found 0, expected 64"),
    Attack(
      testDescription: "moments that are no Base64", run: .descent, file: { $0.state },
      pattern: "\"first\":\"", replacement: "\"first\":\"!", message: "moments"),
    Attack(
      testDescription: "a loss of a held-out example too few", run: .tuning, file: { $0.state },
      pattern: "\"losses_before\":\\[[^,]*,", replacement: "\"losses_before\":[",
      message: "losses_before: found"),
    Attack(
      testDescription: "an update of another K", run: .descent, file: { $0.log },
      pattern: "\"updates\":\"[A-Za-z0-9+/\\\\]{16}", replacement: "\"updates\":\"",
      message: "coefficients"),
    Attack(
      testDescription: "a step twice", run: .tuning, file: { $0.log }, pattern: "\"step\":1,",
      replacement: "\"step\":0,", message: "line 2"),
  ]

  @Test("a damaged file is refused by name, and left as it is", arguments: attacks)
  func hostileFiles(_ attack: Attack) throws {
    try Tool.inFolder { tool in
      _ = try attack.run.stop(tool, by: SIGTERM, after: 1)
      let file = attack.file(attack.run)
      let text = String(decoding: try tool.read(file), as: UTF8.self)
      let damaged = text.replacingOccurrences(
        of: attack.pattern, with: attack.replacement, options: .regularExpression)
      try #require(damaged != text)
      try tool.write(damaged, to: file)
      let outcome = try tool.run(attack.run.resume)
      #expect(
        outcome.status == 1 && outcome.errors.contains(attack.message),
        "\(outcome.status): \(outcome.errors)")
      #expect(try tool.read(file) == Data(damaged.utf8))
    }
  }

  @Test("two processes do not write to one run")
  func lock() throws {
    try Tool.inFolder { tool in
      let first = try tool.start(DurableRun.simulation.start)
      while first.process.isRunning,
        !FileManager.default.fileExists(atPath: tool.path(DurableRun.simulation.state))
      { usleep(500) }
      let second = try tool.run(DurableRun.simulation.resume)
      #expect(second.status == 1 && second.errors.contains("another process"))
      #expect(try first.outcome().status == 0)
    }
  }
}
