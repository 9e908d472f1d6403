import Foundation
import Testing

/// What `tune` and `simulate` print alike.
struct RunResult: Decodable {
  struct Step: Decodable {
    let candidate: Int?
    let loss: Double
    let scalarGradient: Double?
  }
  struct Sample: Decodable {
    let instruction: String
    let before: String
    let after: String
  }
  let lossBefore: Double
  let lossAfter: Double
  let bytesUp: Int
  let bytesDown: Int
  let peakPrivateBytes: Int
  let peakMappedBytes: Int
  let kseed: String
  let samples: [Sample]
  let steps: [Step]
}

/// The settings in a run's output, whatever their types.
func settings(in output: Data) throws -> [String: String] {
  let object = try JSONSerialization.jsonObject(with: output) as? [String: Any]
  let settings = try #require(object?["settings"] as? [String: Any])
  return settings.mapValues { "\($0)" }
}

@Suite("tune and apply")
struct TuningTests {
  private static let tuning = ["tune", model] + smallRun + ["--lr", "3e-5"]

  @Test("a run lowers the loss and tells what it did")
  func result() throws {
    try Tool.inFolder { tool in
      let result = try tool.json(
        Self.tuning + ["--steps", "80", "--out", "a.kseed"], as: RunResult.self)
      #expect(result.lossAfter < result.lossBefore)
      #expect(
        result.steps.count == 80
          && result.steps.allSatisfy { $0.candidate.map((0..<64).contains) == true })
      #expect(result.bytesUp == 0 && result.bytesDown == 0)
      #expect(result.peakPrivateBytes > 1 << 20 && result.peakMappedBytes > 1 << 20)
      #expect(result.kseed == "a.kseed" && result.samples.count == 5)
      #expect(
        try tool.files == [
          "a.kseed", "a.report.html", "a.settings.yaml", "a.state.json", "a.steps.jsonl",
        ])
      let page = String(decoding: try tool.read("a.report.html"), as: UTF8.self)
      for part in ["learning rate", "3e-05", "right answers"] {
        #expect(page.contains(part), "\(part)")
      }
      let points = try #require(page.split(separator: "<path d=\"").last?.prefix { $0 != "\"" })
      #expect(points.split(separator: "h0").count == 80)
    }
  }

  @Test(
    "a run that is not told how to measure slopes takes all of them where it can, and says so",
    arguments: [
      ([], "backprop", "exact slopes along all 64 directions"),
      (["--basis", "rademacher"], "two-sided", "as FedKSeed was published"),
      (["--objective", "f1"], "two-sided", "as FedKSeed was published"),
      (["--beta2", "0.99"], "backprop", ""),
    ])
  func estimatorChoice(options: [String], estimator: String, note: String) throws {
    try Tool.inFolder { tool in
      let arguments = [
        "tune", model, "--data", "synthetic:6", "--template", "raw", "--candidates", "64",
        "--batch", "2", "--held-out", "14", "--steps", "1", "--no-report", "--out", "a.kseed",
      ]
      let outcome = try tool.run(arguments + options)
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(note.isEmpty ? !outcome.errors.contains("note:") : outcome.errors.contains(note))
      let settings = String(decoding: try tool.read("a.settings.yaml"), as: UTF8.self)
      #expect(settings.contains("estimator: \(estimator)"))
    }
  }

  @Test(
    "a run that diverges says so once; one that learns does not",
    arguments: [
      ["tune", "--steps", "300", "--no-report"],
      ["simulate", "--clients", "2", "--rounds", "10", "--local-steps", "20"],
    ])
  func divergence(_ run: [String]) throws {
    try Tool.inFolder { tool in
      let warnings = try ["3e-5", "1e-2"].map { lr in
        let arguments: [String] = [run[0], model] + smallRun + run.dropFirst()
        let outcome = try tool.run(arguments + ["--lr", lr, "--out", "\(lr).kseed"])
        try #require(outcome.status == 0, "\(outcome.errors)")
        return outcome.errors.components(separatedBy: "the run diverges").count - 1
      }
      #expect(warnings == [0, 1])
    }
  }

  @Test(
    "the same bits for any number of threads, and again from the settings beside the result",
    arguments: [
      ["--basis", "hadamard"], ["--basis", "hadamard", "--mode", "dense"],
      ["--basis", "rademacher"], ["--basis", "gaussian"],
      ["--basis", "gaussian", "--storage", "bf16"], ["--estimator", "backprop"],
      [
        "--estimator", "backprop", "--basis", "rademacher", "--optimizer", "momentum",
        "--accumulate", "2", "--recompute", "never",
      ],
    ])
  func repetition(_ basis: [String]) throws {
    try Tool.inFolder { tool in
      let arguments = Self.tuning + basis + ["--steps", "12"]
      let runs = [
        arguments + ["--threads", "1", "--out", "a.kseed"],
        arguments + ["--threads", "3", "--pin", "--out", "b.kseed", "--no-report"],
        ["tune", "--config", "a.settings.yaml", "--out", "c.kseed", "--no-report"],
      ]
      for run in runs {
        let outcome = try tool.run(run)
        try #require(outcome.status == 0, "\(outcome.errors)")
      }
      let first = try tool.read("a.kseed")
      #expect(try tool.read("b.kseed") == first && tool.read("c.kseed") == first)
      #expect(try tool.read("c.settings.yaml").count > 500)
    }
  }

  @Test("a run along all directions lowers the loss, and applies to the bit")
  func descent() throws {
    try Tool.inFolder { tool in
      let result = try tool.json(
        ["tune", model] + smallRun
          + ["--estimator", "backprop", "--lr", "5e-4", "--steps", "20", "--out", "a.kseed"],
        as: RunResult.self)
      #expect(result.lossAfter < 0.9 * result.lossBefore)
      #expect(
        result.steps.count == 20
          && result.steps.allSatisfy { $0.candidate == nil && $0.scalarGradient == nil })
      let applied = try tool.run(["apply", model, "a.kseed", "--out", "tuned"])
      try #require(applied.status == 0, "\(applied.errors)")
      let scores = try [[model, "--kseed", "a.kseed"], ["tuned"], [model]].map {
        try tool.json(
          ["score"] + $0 + ["--data", "synthetic:2", "--template", "raw"], as: Score.self)
      }
      #expect(scores[0] == scores[1] && scores[0] != scores[2])
    }
  }

  @Test(
    "what steps along all directions cannot do is refused by name",
    arguments: [
      ["--directions", "2"], ["--draws", "without-replacement"], ["--scalar-clip", "1"],
      ["--loss-difference-limit", "1"], ["--method", "mezo"], ["--objective", "rouge-l"],
      ["--beta2", "1"],
    ])
  func refusals(_ option: [String]) throws {
    try Tool.inFolder { tool in
      let outcome = try tool.run(
        ["tune", model] + smallRun
          + ["--estimator", "backprop", "--steps", "2", "--out", "a.kseed"] + option)
      #expect(outcome.status == 1 && outcome.errors.contains("'\(option[0])'"), "\(outcome.errors)")
      #expect(try tool.files.isEmpty)
    }
  }

  @Test("an option wins over the settings file, and every setting is recorded")
  func precedence() throws {
    try Tool.inFolder { tool in
      let file = "steps: 3\nlr: 1e-6\nbasis: rademacher\n"
      try tool.write(file, to: "my.yaml")
      let outcome = try tool.run(
        ["tune", model] + smallRun
          + ["--config", "my.yaml", "--lr", "2e-6", "--out", "a.kseed", "--json"])
      let found = try settings(in: outcome.output)
      #expect(found["steps"] == "3" && found["basis"] == "rademacher" && found["lr"] == "2e-06")
      let names = [
        "tool-version", "model", "model-sha256", "data", "data-sha256", "template", "seed",
        "candidates", "mode", "epsilon", "batch", "held-out", "length-limit", "isa",
      ]
      #expect(names.filter { found[$0] == nil } == [])
    }
  }

  @Test(
    "an applied model scores as base and checkpoint do: to the bit in f32",
    arguments: [("f32", 0.0), ("bf16", 0.2), ("f16", 0.02)],
    ["folder", "file.safetensors", "file.gguf"])
  func apply(_ type: (name: String, tolerance: Double), out: String) throws {
    try Tool.inFolder { tool in
      _ = try tool.run(Self.tuning + ["--steps", "20", "--out", "a.kseed"])
      let written = try tool.run(
        ["apply", model, "a.kseed", "--out", out, "--dtype", type.name])
      try #require(written.status == 0, "\(written.errors)")
      let folder = try tool.folder(of: out)
      func score(_ path: String, _ options: [String] = []) throws -> Score {
        try tool.json(
          ["score", path, "--data", "synthetic:2", "--template", "raw"] + options,
          as: Score.self)
      }
      let expected = try score(model, ["--kseed", "a.kseed"])
      let found = try score(folder)
      let differences = zip(found.losses, expected.losses).map { abs($0 - $1) }
      // Weights are rounded once to 8 or 11 bits; losses of about 8 nats hardly notice.
      #expect(differences.max() ?? .infinity <= type.tolerance)
      #expect(try score(model) != expected)
    }
  }
}

extension Tool {
  /// Returns a model folder around what `apply` wrote.
  fileprivate func folder(of out: String) throws -> String {
    guard out.hasSuffix(".safetensors") else { return out }
    let folder = try copyModel(to: "around", weights: false)
    try FileManager.default.moveItem(atPath: path(out), toPath: path("around/model.safetensors"))
    return folder
  }
}
