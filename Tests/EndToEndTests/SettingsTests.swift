import Foundation
import Settings
import Testing

/// What a setting may be, and may not.
private struct Trial {
  /// A value that is not the default, as files have it.
  let good: String
  /// A value out of range, or of another type.
  let bad: String
  /// Other options without which the good value cannot be.
  var with: [String] = []
  /// Whether it is one of `tune` only.
  var isLocal = false

  init(_ good: String, _ bad: String, with: [String] = [], isLocal: Bool = false) {
    (self.good, self.bad, self.with, self.isLocal) = (good, bad, with, isLocal)
  }
}

extension SettingKey {
  /// The trial of each; `nil` of those that are no options to choose, but what a run was.
  fileprivate var trial: Trial? {
    switch self {
    case .toolVersion, .model, .modelSha256, .dataSha256, .templateSha256: nil
    case .data: Trial("synthetic:7", "synthetic:0")
    case .columns:
      Trial("context=category", "question", with: ["--data", "records.jsonl"])
    case .dataTemplate: Trial("{sentence}", "none", with: ["--data", "table.tsv"])
    case .labels: Trial("0=bad,1=good", "zero", with: ["--data", "table.tsv"])
    case .template: Trial("alpaca", "jinja")
    case .lengthLimit: Trial("200", "1")
    case .endToken: Trial("false", "maybe")
    case .seed: Trial("2", "-1")
    case .split: Trial("category:0", "none", with: ["--data", "records.jsonl"])
    case .method: Trial("fedkseed-pro", "adam")
    case .objective: Trial("f1", "bleu")
    case .basis: Trial("gaussian", "fourier")
    case .candidates: Trial("128", "1000")
    case .mode: Trial("dense", "sparse")
    case .storage: Trial("bf16", "f64", with: ["--mode", "dense"])
    case .learningRate: Trial("2e-05", "0")
    case .schedule: Trial("cosine", "step")
    case .warmup: Trial("1", "-1")
    case .epsilon: Trial("0.002", "0")
    case .directions: Trial("2", "0")
    case .estimator: Trial("one-sided", "sided", with: ["--directions", "2"])
    case .optimizer: descent("sgd", "lion", with: ["--lr", "1e-3"])
    case .momentum: descent("0.5", "1", with: ["--optimizer", "momentum", "--lr", "1e-3"])
    case .beta1: descent("0.8", "1")
    case .beta2: descent("0.99", "-0.1")
    case .adamEpsilon: descent("0.001", "0")
    case .normLimit: descent("2.5", "0")
    case .recompute: descent("never", "sometimes")
    case .draws: Trial("without-replacement", "fresh")
    case .batch: Trial("5", "0")
    case .accumulate: Trial("2", "0")
    case .order: Trial("stratified", "sorted")
    case .heldOut: Trial("10", "0")
    case .lossDifferenceLimit: Trial("4.5", "-1")
    case .parameters: Trial("model.layers.0.*", "a[b]")
    case .scalarClip: Trial("7.5", "-1")
    case .significanceClip: Trial("5.0", "0", with: ["--method", "fedkseed-pro"])
    case .hasLeadingZero: Trial("false", "maybe", with: ["--method", "fedkseed-pro"])
    case .isUnbiased: Trial("true", "maybe", with: ["--method", "fedkseed-pro"])
    case .steps: Trial("4", "0", isLocal: true)
    case .checkpointEvery: Trial("3", "0", isLocal: true)
    case .evaluateEvery: Trial("2", "0", isLocal: true)
    case .clients: Trial("3", "0")
    case .participation: Trial("0.5", "0")
    case .rounds: Trial("2", "0")
    case .localSteps: Trial("3", "0")
    case .partition: Trial("iid", "random")
    case .aggregation: Trial("clipped-mean:0.5", "multi-krum:-1")
    case .serverMomentum: Trial("0.5", "2")
    case .serverOptimizer: Trial("adam", "sgd")
    case .serverLearningRate: Trial("0.001", "0", with: ["--server-optimizer", "adam"])
    case .serverBeta2: Trial("0.5", "1", with: ["--server-optimizer", "adam"])
    case .serverTau: Trial("0.25", "0", with: ["--server-optimizer", "adam"])
    case .precision: Trial("integer16", "binary8")
    case .window: Trial("16", "48", with: ["--estimator", "backprop"])
    case .zerothOrderShare: Trial("0.5", "2", with: ["--estimator", "backprop"])
    case .zerothOrderLearningRate:
      Trial("0.001", "0", with: ["--estimator", "backprop", "--zeroth-order-share", "0.5"])
    case .incrementLimit: Trial("10.0", "-1")
    case .privacy:
      Trial("local", "global", with: ["--dp-clip", "0.5", "--dp-noise-multiplier", "1"])
    case .privacyClip:
      Trial("0.25", "0", with: ["--dp", "central", "--dp-noise-multiplier", "1"])
    case .privacyNoise: Trial("0.5", "-1", with: ["--dp", "central", "--dp-clip", "0.25"])
    case .patience: Trial("9", "0")
    case .concurrentClients: Trial("2", "0")
    case .instructionSet: Trial("scalar", "sse9")
    }
  }

  /// The trial of a setting of steps along all K.
  private func descent(_ good: String, _ bad: String, with options: [String] = []) -> Trial {
    Trial(good, bad, with: ["--estimator", "backprop"] + options, isLocal: true)
  }
}

@Suite("Each setting")
struct SettingsTests {
  private func arguments(_ trial: Trial, _ more: [String], out: String) -> [String] {
    // Twice the same option: the last counts.
    let run =
      trial.isLocal
      ? ["tune", model] + smallRun + ["--steps", "2", "--no-report"]
      : ["simulate", model] + smallRun
        + ["--clients", "2", "--rounds", "1", "--local-steps", "2", "--partition", "iid"]
    return run + trial.with + more + ["--out", out + (trial.isLocal ? "/model.kseed" : "")]
  }

  /// The settings of the run in a folder, without the comment that names it.
  private func settings(_ tool: Tool, _ folder: String, _ trial: Trial) throws -> String {
    let name = trial.isLocal ? "/model.settings.yaml" : "/settings.yaml"
    let text = String(decoding: try tool.read(folder + name), as: UTF8.self)
    return text.split(separator: "\n").dropFirst().joined(separator: "\n")
  }

  @Test(
    "has an option, is recorded, is restored by --config, and is named when its value is wrong",
    arguments: SettingKey.allCases)
  func key(_ key: SettingKey) throws {
    guard let trial = key.trial else { return }
    try Tool.inFolder { tool in
      for folder in ["a", "b"] {
        try FileManager.default.createDirectory(
          atPath: tool.path(folder), withIntermediateDirectories: true)
      }
      try tool.write(Self.table, to: "table.tsv")
      try tool.write(Self.records, to: "records.jsonl")
      let option = "--\(key.rawValue)"
      let bad = try tool.run(arguments(trial, ["\(option)=\(trial.bad)"], out: "b"))
      #expect([1, 64].contains(bad.status) && names(key, bad.errors), "\(bad.errors)")

      let good = try tool.run(arguments(trial, ["\(option)=\(trial.good)"], out: "a"))
      try #require(good.status == 0, "\(good.errors)")
      let recorded = try settings(tool, "a", trial)
      let isRecorded =
        recorded.contains("\(key.rawValue): \(trial.good)")
        || recorded.contains("\(key.rawValue): '\(trial.good)'")
      // On which no result depends.
      #expect(isRecorded == (key != .concurrentClients), "\(recorded)")

      let again = try tool.run(
        [
          trial.isLocal ? "tune" : "simulate", "--config",
          "a/" + (trial.isLocal ? "model." : "") + "settings.yaml", "--out",
          "b" + (trial.isLocal ? "/model.kseed" : ""),
        ])
      try #require(again.status == 0, "\(again.errors)")
      #expect(try settings(tool, "b", trial) == recorded)
    }
  }

  /// Whether an error names the option: in quotes if the library found it, else as the parser does.
  private func names(_ key: SettingKey, _ errors: String) -> Bool {
    let option = "--\(key.rawValue)"
    return ["'\(option)'", "'\(option) <", "\(option)="].contains { errors.contains($0) }
  }

  private static let table =
    "sentence\tlabel\n" + (0..<20).map { "the otter waits \($0)\t\($0 % 2)\n" }.joined()

  private static let records = (0..<40).map { number in
    #"{"instruction":"the river \#(number)","response":"otter","category":"\#(number % 2)"}"# + "\n"
  }.joined()
}
