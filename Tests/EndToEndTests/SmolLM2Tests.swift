import Foundation
import TestSupport
import Testing

/// The real model, from its GGUF file to an applied model in another format.
@Suite(
  "SmolLM2-135M end to end",
  .enabled(if: RealInputs.runsSlowTests, "a slow test; scripts/test --all runs it"),
  .enabled(if: RealInputs.isPresent(RealInputs.smolLM2, RealInputs.noModel), "needs the model"))
struct SmolLM2EndToEndTests {
  private let path: String

  init() throws { path = try #require(RealInputs.smolLM2) }

  @Test("inspect knows the file")
  func inspect() throws {
    let result = try Tool.inFolder {
      try $0.json(["inspect", path], as: InspectionTests.Inspection.self)
    }
    // The hash is the one of Models/README.md.
    #expect(result.sha256 == "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53")
    #expect(result.format == "gguf" && result.architecture == "llama")
    #expect(result.parameters == 134_515_008)
  }

  @Test(
    "tuned by any number of threads it has the same bits, and applied the same logits",
    arguments: [["--lr", "1e-4"], ["--estimator", "backprop", "--lr", "1e-5"]])
  func tuneAndApply(_ steps: [String]) throws {
    struct Logits: Decodable, Equatable { let logits: [Float] }
    try Tool.inFolder { tool in
      for threads in ["1", "2"] {
        let outcome = try tool.run(
          [
            "tune", path, "--data", "synthetic:2", "--steps", "3", "--batch", "1", "--held-out",
            "2", "--threads", threads, "--out", threads + ".kseed", "--no-report",
          ] + steps)
        try #require(outcome.status == 0, "\(outcome.errors)")
      }
      #expect(try tool.read("1.kseed") == tool.read("2.kseed"))

      let applied = try tool.run(["apply", path, "1.kseed", "--out", "tuned"])
      try #require(applied.status == 0, "\(applied.errors)")
      let tokens = ["--tokens", "504,3575,282,4649,314"]
      let expected = try tool.json(
        ["logits", path, "--kseed", "1.kseed"] + tokens, as: Logits.self)
      #expect(try tool.json(["logits", "tuned"] + tokens, as: Logits.self) == expected)
      #expect(try tool.json(["logits", path] + tokens, as: Logits.self) != expected)
    }
  }
}
