import Foundation
import Testing

@Suite("What a run tells")
struct ProgressTests {
  private static let tuning = ["tune", model] + smallRun + ["--steps", "30", "--out", "a.kseed"]
  private static let simulation =
    ["simulate", model] + smallRun
    + ["--clients", "2", "--rounds", "3", "--local-steps", "12", "--out", "run"]

  @Test("a banner, lines as work goes on, where the results are and what to type next")
  func text() throws {
    try Tool.inFolder { tool in
      let outcome = try tool.run(Self.tuning + ["--lr", "3e-5"])
      try #require(outcome.status == 0, "\(outcome.errors)")
      for word in [
        "model  ", "2 layers", "14 held out", "two-sided", "K 64", "lr 3e-05", "memory  ",
        "step 5/30  loss ", "held-out loss", "/step", "tokens/s", "0:00 left",
      ] { #expect(outcome.errors.contains(word), "\(word) in \(outcome.errors)") }
      // In a file there is no bar.
      #expect(!outcome.errors.contains("\u{1B}") && !outcome.errors.contains("\r"))
      let output = String(decoding: outcome.output, as: UTF8.self)
      for word in [
        "seed checkpoint  a.kseed", "report           a.report.html", "right answers",
        "fedkseed score \(model) --kseed a.kseed --data synthetic:6",
        "fedkseed generate \(model) --kseed a.kseed --prompt ",
        "fedkseed apply \(model) a.kseed --out a-tuned",
      ] { #expect(output.contains(word), "\(word) in \(output)") }
      let last = output.split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("held-out loss ") && last.contains("in 30 steps"))
    }
  }

  @Test("what it says to type next works as it stands")
  func next() throws {
    try Tool.inFolder { tool in
      let outcome = try tool.run(Self.tuning)
      let commands = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n")
        .compactMap { line in line.range(of: "fedkseed ").map { line[$0.upperBound...] } }
      #expect(commands.count == 3)
      for command in commands {
        let tried = try tool.shell("eval \"$0 $1\"", String(command))
        #expect(tried.status == 0, "\(command): \(tried.errors)")
      }
    }
  }

  @Test("a round's line has its clients and their traffic")
  func rounds() throws {
    try Tool.inFolder { tool in
      let outcome = try tool.run(Self.simulation)
      for word in ["federation  2 clients", "round 3/3  loss ", "clients 0 1", " up, ", " down"] {
        #expect(outcome.errors.contains(word), "\(word) in \(outcome.errors)")
      }
    }
  }

  /// The same on a file, of which there is more to say.
  private static let fromFile =
    tuning + ["--data", "mine.jsonl", "--held-out", "2", "--length-limit", "20"]

  @Test("--quiet prints the last line, and errors", arguments: [tuning, simulation, fromFile])
  func quiet(_ run: [String]) throws {
    try Tool.inFolder { tool in
      let lines = (0..<6).map {
        #"{"instruction":"Say the number \#($0) in words.","response":"a number","extra":1}"#
      }
      try tool.write(lines.joined(separator: "\n"), to: "mine.jsonl")
      let outcome = try tool.run(run + ["--quiet"])
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      let output = String(decoding: outcome.output, as: UTF8.self)
      #expect(output.hasPrefix("held-out loss ") && output.split(separator: "\n").count == 1)
      let failed = try tool.run(run + ["--quiet", "--lr", "0", "--force"])
      #expect(failed.status == 1 && failed.errors.contains("'--lr'"))
    }
  }

  @Test(
    "a run that diverges stops if it is told to, with a status of its own, and can be repaired",
    arguments: [
      ["tune", "--steps", "300", "--estimator", "backprop", "--lr", "3e-2"],
      ["simulate", "--clients", "2", "--rounds", "10", "--local-steps", "20", "--lr", "1e-2"],
    ])
  func divergence(_ run: [String]) throws {
    try Tool.inFolder { tool in
      let arguments: [String] = [run[0], model] + smallRun + run.dropFirst()
      let outcome = try tool.run(arguments + ["--out", "a.kseed", "--stop-on-divergence"])
      #expect(outcome.status == 3 && outcome.errors.contains("the run diverges"))
      let output = String(decoding: outcome.output, as: UTF8.self)
      #expect((output.split(separator: "\n").last ?? "").hasPrefix("stopped after "), "\(output)")
      let json = try tool.run(
        arguments + ["--out", "b.kseed", "--stop-on-divergence", "--json", "--quiet"])
      let object = try JSONSerialization.jsonObject(with: json.output) as? [String: Any]
      let found = try #require(object?["divergence"] as? [String: Any])
      let position = try #require(found["position"] as? Int)
      #expect(json.status == 3 && position <= 10)
      let comparison = try tool.run(["compare", "b.kseed"]).output
      #expect(String(decoding: comparison, as: UTF8.self).contains("diverged"))
      let past = try tool.run([
        "kseed", "at", run[0] == "tune" ? "--step" : "--round", "\(found["last_good"] ?? "")",
        "b.kseed", "--out", "good.kseed",
      ])
      #expect(past.status == 0, "\(past.errors)")
    }
  }

  @Test("a run that ends worse than it began says so in its last line and in JSON")
  func worse() throws {
    try Tool.inFolder { tool in
      let arguments =
        ["tune", model] + smallRun + ["--steps", "60", "--estimator", "backprop", "--lr", "3e-2"]
      let output = try tool.run(arguments + ["--out", "a.kseed"]).output
      let last = String(decoding: output, as: UTF8.self).split(separator: "\n").last ?? ""
      #expect(last.hasPrefix("the run ends worse than it began: held-out loss "), "\(last)")
      let json = try tool.run(arguments + ["--out", "b.kseed", "--json"]).output
      let object = try JSONSerialization.jsonObject(with: json) as? [String: Any]
      #expect(object?["ends_worse"] as? Bool == true)
    }
  }

  @Test("files of something else are not written to")
  func files() throws {
    try Tool.inFolder { tool in
      try tool.write("mine", to: "log.jsonl")
      try FileManager.default.createDirectory(
        atPath: tool.path("tb"), withIntermediateDirectories: true)
      try tool.write("", to: "tb/events.out.tfevents.1")
      for option in [["--log-file", "log.jsonl"], ["--tensorboard", "tb"]] {
        let outcome = try tool.run(Self.tuning + option)
        #expect(outcome.status == 1 && outcome.errors.contains(option[0]), "\(outcome.errors)")
      }
      #expect(try tool.read("log.jsonl") == Data("mine".utf8))
    }
  }

  @Test("measurements on the way change no bit of the model")
  func bits() throws {
    try Tool.inFolder { tool in
      _ = try tool.run(Self.tuning)
      _ = try tool.run(Self.tuning.dropLast() + ["b.kseed", "--evaluate-every", "1000"])
      _ = try tool.run(Self.tuning.dropLast() + ["c.kseed", "--evaluate-every", "1"])
      let scores = try ["a", "b", "c"].map { name in
        try tool.json(["kseed", "show", "\(name).kseed"], as: Shown.self).norm
      }
      #expect(Set(scores).count == 1)
    }
  }

  private struct Shown: Decodable {
    let norm: Double
  }
}
