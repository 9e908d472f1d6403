import Foundation
import TestSupport
import Testing

@Suite("Profile and estimate", .serialized)
struct ProfileTests {
  private struct Measured: Decodable {
    let peakPrivateBytes: Int
    let predictedPrivateBytes: Int
    let limitBytes: Int?
    let steps: [Step]
    let secondsByPhase: [String: Double]
    let rates: [Rate]

    struct Rate: Decodable {
      let phase: String
      let achieved: Double
      let attainable: Double
    }

    struct Step: Decodable {
      let loss: Double
      let seconds: Double
    }
  }

  private struct Estimated: Decodable {
    let privateBytes: Int
    let mappedBytes: Int
    let categories: [Category]
    let peers: [Category]
    let bytesUpPerRound: Int
    let bytesDownPerRound: Int

    struct Category: Decodable {
      let category: String
      let bytes: Int
      let formula: String
    }
  }

  @Test(
    "The estimate is within 5 % or 16 MB of the measured peak",
    arguments: [
      ["--tokens", "128", "--threads", "1"],
      ["--tokens", "8192", "--batch", "32", "--threads", "1"],
      ["--tokens", "8192", "--batch", "32", "--threads", "2", "--mode", "dense"],
      ["--tokens", "8192", "--batch", "64", "--threads", "2", "--basis", "gaussian"],
      ["--tokens", "64", "--threads", "2", "--mode", "dense", "--storage", "bf16"],
      ["--tokens", "512", "--batch", "4", "--threads", "4", "--candidates", "65536"],
      ["--tokens", "8192", "--batch", "32", "--threads", "1", "--estimator", "backprop"],
      [
        "--tokens", "8192", "--batch", "32", "--threads", "2", "--estimator", "backprop",
        "--recompute", "never",
      ],
      ["--tokens", "256", "--threads", "2", "--estimator", "backprop", "--candidates", "65536"],
      ["--tokens", "64", "--threads", "1", "--estimator", "backprop", "--mode", "dense"],
    ])
  func agrees(options: [String]) throws {
    try Tool.inFolder { try check(model, options + ["--steps", "3"], by: $0) }
  }

  @Test(
    "So is that of a step along all directions, on a model of 135 million weights",
    .enabled(if: RealInputs.runsSlowTests), arguments: ["f32", "q4_1"], ["always", "never"])
  func agreesOnLargeModel(type: String, recompute: String) throws {
    try Tool.inFolder { tool in
      let path = try largeModel(type, by: tool)
      for (tokens, candidates, threads) in [
        (64, 256, 1), (64, 65536, 2), (256, 4096, 2), (256, 65536, 1), (512, 4096, 1),
        (512, 65536, 2),
      ] {
        try check(
          path,
          [
            "--steps", "2", "--estimator", "backprop", "--recompute", recompute, "--tokens",
            "\(tokens)", "--candidates", "\(candidates)", "--threads", "\(threads)",
          ], by: tool)
      }
    }
  }

  /// Returns the path of SmolLM2-135M where it has been fetched in this type, or of random weights.
  private func largeModel(_ type: String, by tool: Tool) throws -> String {
    if type == "q4_1", let path = RealInputs.smolLM2 { return path }
    _ = try tool.run([
      "synthesize", "smollm2-135m", "--dtype", type == "q4_1" ? "q4_0" : type, "--out", "m.gguf",
    ])
    return "m.gguf"
  }

  private func check(_ path: String, _ options: [String], by tool: Tool) throws {
    let result = try tool.json(["profile", path] + options, as: Measured.self)
    let difference = abs(result.peakPrivateBytes - result.predictedPrivateBytes)
    #expect(
      difference <= max(16_000_000, result.peakPrivateBytes / 20),
      "\(options): measured \(result.peakPrivateBytes), predicted \(result.predictedPrivateBytes)")
    let isFinite = result.steps.allSatisfy { $0.loss.isFinite && $0.seconds > 0 }
    #expect(result.steps.count > 1 && isFinite)
  }

  @Test("A run within its limit says so, and leaves a report with the course of memory")
  func limited() throws {
    try Tool.inFolder { tool in
      let result = try tool.json(
        ["profile", model, "--tokens", "128", "--limit", "200MB", "--report", "p.html"],
        as: Measured.self)
      #expect(result.limitBytes == 200_000_000 && result.peakPrivateBytes < 200_000_000)
      let report = String(decoding: try tool.read("p.html"), as: UTF8.self)
      #expect(report.contains("<svg") && report.contains("limit of 200 MB"))
    }
  }

  @Test(
    "The time of a step is divided among phases, and most have a speed beside the machine's",
    arguments: [["--mode", "virtual"], ["--mode", "dense"], ["--estimator", "backprop"]])
  func phases(mode: [String]) throws {
    try Tool.inFolder { tool in
      let result = try tool.json(
        ["profile", model, "--tokens", "128", "--threads", "1"] + mode, as: Measured.self)
      let phases = result.secondsByPhase
      #expect(
        phases.keys.sorted()
          == ["attention", "basis", "dequantise", "head", "other", "products"])
      let isPart = phases.values.allSatisfy { $0 > 0 }
      let total = phases.values.reduce(0, +)
      #expect(isPart && abs(total - (result.steps.last?.seconds ?? 0)) < 1e-6)
      #expect(result.rates.map(\.phase) == ["dequantise", "products", "attention", "head"])
      let isRate = result.rates.allSatisfy { $0.achieved > 0 && $0.attainable > 0 }
      #expect(isRate)
    }
  }

  @Test("A run beyond its limit ends with a reason, not with a trap")
  func beyondLimit() throws {
    try Tool.inFolder { tool in
      let outcome = try tool.run([
        "profile", model, "--tokens", "16384", "--batch", "64", "--limit", "30MB",
      ])
      #expect(outcome.status == 1 && outcome.errors.contains("--limit 30MB"), "\(outcome.errors)")
    }
  }

  @Test("An estimate needs no weights: categories add up, and traffic is that of the messages")
  func estimates() throws {
    try Tool.inFolder { tool in
      let result = try tool.json(
        ["estimate", "datajuicer-1.3b", "--dtype", "q4_0", "--gflops", "50", "--bandwidth", "10"],
        as: Estimated.self)
      #expect(result.privateBytes == result.categories.reduce(0) { $0 + $1.bytes })
      #expect(result.privateBytes < 400_000_000 && result.mappedBytes < 760_000_000)
      #expect(result.categories.allSatisfy { !$0.formula.isEmpty } && result.peers.count == 3)
      // Documentation/WireFormat.md.
      #expect(result.bytesUpPerRound == 1276 && result.bytesDownPerRound == 16448)
      let answering = try tool.json(
        [
          "estimate", "datajuicer-1.3b", "--answer-tokens", "64", "--gflops", "50", "--bandwidth",
          "10",
        ], as: Estimated.self)
      #expect(answering.privateBytes - result.privateBytes == 8 * 24 * 2048 * (512 + 64))
      let all = try tool.json(
        ["estimate", "--all", "--gflops", "50", "--bandwidth", "10"], as: [Estimated].self)
      #expect(all.count == 22)
    }
  }

  @Test("An estimate of a step along all directions has its categories, and K numbers of traffic")
  func estimatesBackprop() throws {
    try Tool.inFolder { tool in
      let options = ["--estimator", "backprop", "--gflops", "50", "--bandwidth", "10"]
      let result = try tool.json(
        ["estimate", "datajuicer-1.3b", "--dtype", "q4_0"] + options, as: Estimated.self)
      #expect(result.privateBytes == result.categories.reduce(0) { $0 + $1.bytes })
      #expect(result.privateBytes < 400_000_000)
      let names = result.categories.map(\.category)
      #expect(["layer inputs", "gradients", "optimizer"].allSatisfy(names.contains))
      // Documentation/WireFormat.md: 2·K + 80 bytes up, 2·K + 68 down.
      #expect(result.bytesUpPerRound == 8272 && result.bytesDownPerRound == 8260)
      let kept = try tool.json(
        ["estimate", "datajuicer-1.3b", "--recompute", "never"] + options, as: Estimated.self)
      #expect(kept.privateBytes > 3 * result.privateBytes)
      let all = try tool.json(["estimate", "--all"] + options, as: [Estimated].self)
      #expect(all.count == 22)
    }
  }

  @Test(
    "Options that make no sense are refused by name",
    arguments: [
      (["estimate"], "--all"), (["estimate", "smollm2-135m", "--gflops", "3"], "--bandwidth"),
      (["profile", model, "--tokens", "1"], "--tokens"),
      (["profile", model, "--limit", "many"], "limit"),
      (["estimate", "smollm2-135m", "--answer-tokens", "-1"], "--answer-tokens"),
      (["profile", model, "--estimator", "one-sided"], "--estimator"),
      (["estimate", "smollm2-135m", "--recompute", "sometimes"], "--recompute"),
      (["profile", "smollm2-135m"], "smollm2-135m"),
    ])
  func refuses(arguments: [String], name: String) throws {
    let outcome = try Tool.inFolder { try $0.run(arguments) }
    #expect(outcome.status != 0 && outcome.errors.contains(name), "\(outcome.errors)")
  }
}
