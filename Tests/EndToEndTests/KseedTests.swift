import Foundation
import Testing

@Suite("kseed")
struct KseedTests {
  private static let simulation =
    ["simulate", model] + smallRun + ["--clients", "3", "--rounds", "3", "--local-steps", "6"]

  /// Runs a command that must succeed.
  private func run(_ tool: Tool, _ arguments: [String]) throws {
    let outcome = try tool.run(arguments)
    try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
  }

  /// The coefficients in a file, which are in front of its 32 last bytes.
  private func coefficients(_ tool: Tool, _ name: String) throws -> [Float] {
    let bytes = try tool.read(name).dropLast(32).suffix(4 * 64)
    return stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map { start in
      Float(
        bitPattern: bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
  }

  @Test("every past model can be made from the log: it is that of a shorter run")
  func timeTravel() throws {
    try Tool.inFolder { tool in
      try run(tool, Self.simulation + ["--out", "run"])
      for round in 0...3 {
        try run(tool, ["kseed", "at", "--round", "\(round)", "run", "--out", "\(round).kseed"])
      }
      try run(tool, Self.simulation + ["--rounds", "2", "--out", "two"])
      #expect(try coefficients(tool, "2.kseed") == coefficients(tool, "two/model.kseed"))
      #expect(try coefficients(tool, "3.kseed") == coefficients(tool, "run/model.kseed"))
      #expect(try coefficients(tool, "0.kseed").allSatisfy { $0 == 0 })
      let beyond = try tool.run(["kseed", "at", "--round", "4", "run", "--out", "4.kseed"])
      #expect(beyond.status == 1 && beyond.errors.contains("from 0 to 3"))
    }
  }

  @Test(
    "every past model of a tuning can be made from its steps: it is that of a shorter run",
    arguments: [["--directions", "2"], ["--estimator", "backprop"]])
  func timeTravelOfTuning(_ steps: [String]) throws {
    try Tool.inFolder { tool in
      let tuning = ["tune", model] + smallRun + ["--no-report"] + steps
      try run(tool, tuning + ["--steps", "9", "--out", "whole.kseed"])
      try run(tool, tuning + ["--steps", "4", "--out", "four.kseed"])
      for step in [0, 4, 9] {
        try run(
          tool, ["kseed", "at", "--step", "\(step)", "whole.kseed", "--out", "\(step).kseed"])
      }
      #expect(try coefficients(tool, "0.kseed").allSatisfy { $0 == 0 })
      #expect(try coefficients(tool, "4.kseed") == coefficients(tool, "four.kseed"))
      #expect(try coefficients(tool, "9.kseed") == coefficients(tool, "whole.kseed"))
      let refusals: [([String], String)] = [
        (["--step", "10", "whole.kseed"], "from 0 to 9"),
        (["whole.kseed"], "'--step' for a tuning"),
        (["--step", "1", "--round", "1", "whole.kseed"], "'--round' for a simulation"),
      ]
      for (arguments, message) in refusals {
        let outcome = try tool.run(["kseed", "at"] + arguments + ["--out", "x.kseed"])
        #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome.errors)")
      }
      try tool.write(
        String(decoding: tool.read("four.steps.jsonl"), as: UTF8.self), to: "whole.steps.jsonl")
      let mixed = try tool.run(
        ["kseed", "at", "--step", "1", "whole.kseed", "--out", "x.kseed"])
      #expect(mixed.status == 1 && mixed.errors.contains("different runs"), "\(mixed.errors)")
    }
  }

  @Test("the model is the sum of what is left without a client, and of that client's part")
  func removal() throws {
    try Tool.inFolder { tool in
      try run(tool, Self.simulation + ["--out", "run"])
      let whole = try coefficients(tool, "run/model.kseed")
      var parts = [Float](repeating: 0, count: 64)
      for client in 0..<3 {
        try run(
          tool,
          ["kseed", "without", "--client", "\(client)", "run", "--out", "rest.kseed", "--force"])
        let rest = try coefficients(tool, "rest.kseed")
        #expect(rest != whole)
        for candidate in parts.indices { parts[candidate] += whole[candidate] - rest[candidate] }
      }
      // Each number was rounded once in its file, and a few times here.
      for (part, value) in zip(parts, whole) { #expect(abs(part - value) <= 8 * value.ulp + 1e-9) }
      let nobody = try tool.run(["kseed", "without", "--client", "7", "run", "--out", "x.kseed"])
      #expect(nobody.status == 1 && nobody.errors.contains("0 1 2"))
    }
  }

  @Test("a message changed in the log is found when the log is added up")
  func damagedLog() throws {
    try Tool.inFolder { tool in
      try run(tool, Self.simulation + ["--out", "run"])
      let lines = try tool.read("run/rounds.jsonl").split(separator: 10)
      // The first round's messages in the place of the second's.
      let swapped = String(decoding: lines[1], as: UTF8.self).replacingOccurrences(
        of: "\"coefficients_sha256\":\"[0-9a-f]*\"",
        with: "\"coefficients_sha256\":\"\(String(repeating: "0", count: 64))\"",
        options: .regularExpression)
      let texts = lines.map { String(decoding: $0, as: UTF8.self) }
      try tool.write(
        [texts[0], swapped, texts[2], ""].joined(separator: "\n"), to: "run/rounds.jsonl")
      let outcome = try tool.run(["kseed", "at", "--round", "2", "run", "--out", "x.kseed"])
      #expect(outcome.status == 1 && outcome.errors.contains("damaged"), "\(outcome.errors)")
    }
  }

  @Test("sums, means and multiples are those of the numbers, and apply to the model")
  func arithmetic() throws {
    try Tool.inFolder { tool in
      let tuning = ["tune", model] + smallRun + ["--steps", "15", "--no-report"]
      try run(tool, tuning + ["--out", "a.kseed"])
      try run(tool, tuning + ["--lr", "1e-4", "--out", "b.kseed"])
      let (a, b) = (try coefficients(tool, "a.kseed"), try coefficients(tool, "b.kseed"))
      let operations: [([String], (Float, Float) -> Double)] = [
        (["add", "a.kseed", "b.kseed"], { Double($0) + Double($1) }),
        (["average", "a.kseed", "b.kseed"], { (Double($0) + Double($1)) / 2 }),
        (
          ["average", "a.kseed", "b.kseed", "--weights", "3,1"],
          { (3 * Double($0) + Double($1)) / 4 }
        ),
        (["scale", "a.kseed", "--by", "-0.3"], { a, _ in -0.3 * Double(a) }),
      ]
      for (arguments, expected) in operations {
        try run(tool, ["kseed"] + arguments + ["--out", "c.kseed", "--force"])
        #expect(try coefficients(tool, "c.kseed") == zip(a, b).map { Float(expected($0, $1)) })
      }
      try run(
        tool, ["score", model, "--data", "synthetic:1", "--template", "raw", "--kseed", "c.kseed"])
    }
  }

  @Test("what checkpoints say of themselves is shown and compared")
  func looking() throws {
    struct Shown: Decodable {
      let basis: String
      let candidates: Int
      let steps: Int
      let settings: [String: String]
    }
    struct Difference: Decodable {
      let changed: Int
      let cosine: Double
      let differenceNorm: Double
      let firstNorm: Double
    }
    try Tool.inFolder { tool in
      try run(
        tool, ["tune", model] + smallRun + ["--steps", "15", "--no-report", "--out", "a.kseed"])
      try run(tool, ["kseed", "scale", "a.kseed", "--by", "2", "--out", "b.kseed"])
      let shown = try tool.json(["kseed", "show", "a.kseed"], as: Shown.self)
      #expect(shown.basis == "hadamard" && shown.candidates == 64 && shown.steps == 15)
      #expect(shown.settings["batch"] == "4")
      // The form of the examples goes with a sum, so that it is asked as its parts were tuned.
      let scaled = try tool.json(["kseed", "show", "b"], as: Shown.self).settings
      #expect(
        scaled["template"] == "raw" && scaled["end-token"] == "true" && scaled["batch"] == nil)
      let difference = try tool.json(["kseed", "diff", "a.kseed", "b.kseed"], as: Difference.self)
      #expect((1...15).contains(difference.changed) && abs(difference.cosine - 1) < 1e-12)
      #expect(difference.differenceNorm == difference.firstNorm)
    }
  }

  @Test("checkpoints of another base or basis are refused, and both are named")
  func refusals() throws {
    try Tool.inFolder { tool in
      let short = smallRun + ["--steps", "2", "--no-report"]
      try run(tool, ["tune", model] + short + ["--out", "a.kseed"])
      try run(tool, ["tune", otherModel] + short + ["--out", "b.kseed"])
      try run(tool, ["tune", model] + short + ["--seed", "2", "--out", "c.kseed"])
      for (other, part) in [("b.kseed", "base models"), ("c.kseed", "bases")] {
        for command in [["add"], ["average"]] {
          let outcome = try tool.run(
            ["kseed"] + command + ["a.kseed", other, "--out", "x.kseed"])
          #expect(outcome.status == 1, "\(outcome.errors)")
          #expect([part, "a.kseed has", other + " has"].allSatisfy(outcome.errors.contains))
        }
        #expect(try tool.run(["kseed", "diff", "a.kseed", other]).status == 1)
      }
      #expect(try !tool.files.contains("x.kseed"))
      let wrong = [["--weights", "1"], ["--weights", "1,0"], ["--weights", "1,nan"]]
      for weights in wrong {
        let outcome = try tool.run(
          ["kseed", "average", "a.kseed", "a.kseed", "--out", "x.kseed"] + weights)
        #expect(outcome.status == 1 && outcome.errors.contains("'--weights'"))
      }
    }
  }
}
