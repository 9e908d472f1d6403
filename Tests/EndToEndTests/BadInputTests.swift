import Foundation
import Testing

@Suite("Bad input")
struct BadInputTests {
  /// Arguments that cannot work, and words that the message must have.
  struct Case: CustomTestStringConvertible, Sendable {
    let arguments: [String]
    let words: [String]

    init(_ arguments: [String], _ words: String...) {
      self.arguments = arguments
      self.words = words
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  private static let tune = ["tune", model] + smallRun + ["--out", "x.kseed", "--steps", "2"]
  private static let simulate = ["simulate", model] + smallRun + ["--out", "x"]

  static let settings: [Case] = [
    Case(tune + ["--steps", "-1"], "'--steps'", "-1"),
    Case(tune + ["--steps", "0"], "'--steps'"),
    Case(tune + ["--steps", "many"], "--steps", "many"),
    Case(tune + ["--steps", "99999999999999999999"], "--steps"),
    Case(tune + ["--lr", "nan"], "'--lr'", "nan"),
    Case(tune + ["--lr", "-1e-5"], "'--lr'"),
    Case(tune + ["--lr", "inf"], "'--lr'"),
    Case(tune + ["--epsilon", "0"], "'--epsilon'"),
    Case(tune + ["--epsilon", "nan"], "'--epsilon'"),
    Case(tune + ["--loss-difference-limit", "nan"], "'--loss-difference-limit'"),
    Case(tune + ["--scalar-clip", "-1"], "'--scalar-clip'", "-1"),
    Case(tune + ["--batch", "0"], "'--batch'"),
    Case(tune + ["--held-out", "0"], "'--held-out'"),
    Case(tune + ["--held-out", "84"], "'--held-out'", "83"),
    Case(tune + ["--candidates", "1000"], "power of two", "1000", "1024"),
    Case(tune + ["--candidates", "0"], "power of two"),
    Case(tune + ["--candidates", "131072"], "131072", "4096"),
    Case(tune + ["--basis", "fourier"], "fourier", "hadamard"),
    Case(tune + ["--mode", "sparse"], "sparse", "virtual"),
    Case(tune + ["--template", "jinja"], "jinja", "alpaca"),
    Case(tune + ["--length-limit", "1"], "'--length-limit'"),
    Case(tune + ["--length-limit", "3"], "left out", "'--data'"),
    Case(tune + ["--seed", "-1"], "--seed"),
    Case(tune + ["--threads", "0"], "'--threads'"),
    Case(tune + ["--isa", "neon", "--isa", "sse9"], "--isa", "sse9"),
    Case(simulate + ["--server-momentum", "2"], "'--server-momentum'", "2"),
    Case(simulate + ["--server-lr", "0.1"], "'--server-lr'", "'--server-optimizer adam'"),
    Case(
      simulate + ["--server-optimizer", "mean", "--server-momentum", "0.5"],
      "'--server-momentum'", "mean"),
    Case(simulate + ["--zeroth-order-lr", "0.1"], "'--zeroth-order-lr'", "--zeroth-order-share"),
    Case(["estimate", model, "--local-steps", "9223372036854775807"], "'--local-steps'"),
    Case(
      simulate + ["--method", "fedkseed-pro", "--pro-clip", "0"], "'--pro-clip'", "0"),
    Case(simulate + ["--clients", "0"], "'--clients'"),
    Case(simulate + ["--clients", "71"], "70 examples", "71 clients"),
    Case(simulate + ["--participation", "0"], "'--participation'"),
    Case(simulate + ["--participation", "9"], "'--participation'", "8"),
    Case(simulate + ["--participation", "nan"], "'--participation'"),
    Case(simulate + ["--rounds", "0"], "'--rounds'"),
    Case(simulate + ["--local-steps", "-3"], "'--local-steps'"),
    Case(simulate + ["--partition", "dirichlet:0"], "dirichlet:0"),
    Case(simulate + ["--partition", "random"], "random", "by-category"),
  ]

  static let inputs: [Case] = [
    Case(["tune", "--data", "synthetic", "--steps", "1", "--out", "x.kseed"], "no model"),
    Case(["inspect", "missing.gguf"], "missing.gguf", "No such file"),
    Case(["inspect", "empty"], "empty"),
    Case(["inspect", "."], "config.json"),
    Case(["inspect", "text"], "text", "GGUF"),
    Case(["inspect", "org/name"], "hf download org/name"),
    Case(["inspect", model + "/tokenizer.json"], "a JSON file", "give the folder"),
    Case(["tokenize", "missing.gguf", "--text", "a"], "missing.gguf"),
    Case(["logits", model, "--tokens", "384"], "384", "383"),
    Case(["logits", model, "--tokens", "-1"], "-1"),
    Case(["logits", model, "--tokens", "1,,2"], "--tokens"),
    Case(["logits", model, "--tokens", ""], "--tokens"),
    Case(["logits", model, "--tokens", tooMany], "257", "256"),
    Case(["generate", model, "--prompt", longText], "256"),
    Case(["generate", model, "--prompt", "The", "--max-tokens", "256"], "257", "256"),
    Case(["generate", model, "--prompt", "The", "--max-tokens", "0"], "'--max-tokens'"),
    Case(["generate", model, "--prompt", "The", "--temperature", "nan"], "'--temperature'"),
    Case(["generate", model, "--prompt", "The", "--temperature", "-1"], "'--temperature'"),
    Case(["generate", model, "--prompt", "The", "--top-p", "0"], "'--top-p'"),
    Case(["generate", model, "--prompt", ""], "no tokens"),
    Case(["score", model, "--data", "missing"], "missing"),
    Case(["score", model, "--data", "synthetic:1", "--mode", "dense"], "'--mode", "'--kseed'"),
    Case(["score", model, "--data", "empty"], "empty", "no example"),
    Case(["score", model, "--data", "synthetic:1", "--options"], "options"),
    Case(["score", model, "--data", "synthetic:1", "--metrics", "rouge"], "rouge"),
    Case(["score", model, "--data", "synthetic:1", "--max-tokens", "0"], "'--max-tokens'"),
    Case(["score", model, "--data", "synthetic:0"], "'--data'", "synthetic:0"),
    Case(["score", model, "--data", "text", "--labels", "zero"], "'--labels'", "zero"),
    Case(["score", model, "--data", "text", "--data-template", "none"], "none", "{sentence}"),
    Case(["score", model, "--data", "synthetic:1", "--kseed", "text"], "text", "magic"),
    Case(["score", otherModel, "--data", "synthetic:1", "--kseed", "good.kseed"], "another base"),
    Case(["score", model, "--data", "synthetic:1", "--kseed", "cut.kseed"], "cut.kseed"),
    Case(["apply", otherModel, "good.kseed", "--out", "x"], "another base"),
    Case(["apply", model, "good.kseed", "--out", "text"], "'text'", "exists"),
    Case(["apply", model, "good.kseed", "--out", "missing/x.safetensors"], "missing"),
    Case(["apply", model, "good.kseed", "--out", "x", "--dtype", "q4_0"], "q4_0", "bf16"),
    Case(
      [
        "directions", "--candidate", "64", "--tensor", "0", "--count", "1",
        "--candidates", "64",
      ], "'--candidate'", "63"),
    Case(
      [
        "directions", "--candidate=-1", "--tensor", "0", "--count", "1", "--candidates", "64",
      ], "'--candidate' must be a whole number from 0 to 63, but is -1"),
    Case(["inspect", "empty"], "cannot map \"empty\": the file is empty"),
    Case(["inspect", "/dev/null"], "\"/dev/null\"", "not a regular file"),
    Case(["directions", "--candidate", "0", "--tensor", "-1", "--count", "1"], "'--tensor'"),
    Case(["directions", "--candidate", "0", "--tensor", "0", "--count", "-1"], "'--count'"),
    Case(
      [
        "directions", "--candidate", "0", "--tensor", "0", "--count", "1", "--candidates",
        "1000",
      ], "power of two"),
    Case(
      [
        "directions", "--candidate", "0", "--tensor", "0", "--count", "2", "--offset", "8589934591",
      ],
      "'--offset'", "8589934590"),
    Case(tune + ["--out", "missing/x.kseed"], "missing/x.kseed", "No such file"),
    Case(tune + ["--out", "."], "'--out'"),
    Case(["compare", "x", "--csv", "."], "'--csv'"),
    Case(tune + ["--out", ""], "'--out'"),
    Case(simulate + ["--out", "text"], "text"),
    Case(simulate + ["--out", "text/x"], "text/x"),
    Case(simulate + ["--out", "/proc/x"], "/proc/x"),
  ]

  private static let tooMany = (0..<257).map { "\($0)" }.joined(separator: ",")
  private static let longText = String(repeating: "the river ", count: 200)

  @Test("a setting that cannot work is named, and nothing is run", arguments: settings)
  func badSetting(_ bad: Case) throws { try check(bad) }

  @Test("an input that cannot be used is named, and nothing is left", arguments: inputs)
  func badInput(_ bad: Case) throws { try check(bad) }

  private func check(_ bad: Case) throws {
    try Tool.inFolder { tool in
      try tool.write("", to: "empty")
      try tool.write("a line without a table\n", to: "text")
      try Self.checkpoint.write(to: URL(filePath: tool.path("good.kseed")))
      try Self.checkpoint.dropLast(40).write(to: URL(filePath: tool.path("cut.kseed")))
      let files = try tool.files
      try expectRefusal(of: bad, by: tool)
      #expect(try tool.files == files)
    }
  }

  /// A seed checkpoint of the test model, made once.
  private static let checkpoint: Data = {
    let made = try? Tool.inFolder { tool in
      _ = try tool.run(tune)
      return try tool.read("x.kseed")
    }
    return made ?? Data()
  }()
}

/// Expects one line `Error: …` with the words of `bad`, an error's exit code and no output.
func expectRefusal(of bad: BadInputTests.Case, by tool: Tool) throws {
  let outcome = try tool.run(bad.arguments)
  let missing = bad.words.filter { !outcome.errors.contains($0) }
  let lines = outcome.errors.split(separator: "\n").filter { $0.hasPrefix("Error: ") }
  // 1: the command failed; 64: the arguments make no command, and the usage follows.
  #expect([1, 64].contains(outcome.status) && lines.count == 1, "\(outcome.errors)")
  #expect(missing.isEmpty && outcome.output.isEmpty, "\(missing) not in \(outcome.errors)")
}

@Suite("Bad settings files")
struct BadSettingsFileTests {
  @Test(
    "is named with its key, and nothing is run",
    arguments: [
      ("steps: [1, 2]", "'steps'"), ("steps: {a: 1}", "'steps'"), ("steps: many", "'steps'"),
      ("steps: 1.5", "'steps'"), ("stepps: 1", "'stepps'"), ("config: other.yaml", "'config'"),
      ("help: true", "'help'"), ("json: maybe", "'json'"),
      ("end-token: perhaps", "'end-token'"), ("isa: sse9", "'isa'"),
      ("threads: 0", "'threads'"), ("lr: .nan", "--lr"), ("- steps", "name: value"),
      ("steps", "name: value"), ("a: b: c", "name: value"), ("steps: 1\nsteps: 2", "steps"),
      ("? [a]\n: 1", "name"), ("steps: \u{1}", "settings.yaml"),
      ("steps: " + String(repeating: "[", count: 100_000), "settings.yaml"),
      (String(repeating: "#", count: 1 << 20), "at most"),
      // Thirty levels would take for ever.
      (
        "a0: &a0 [x, x]\n"
          + (1...30).map { "a\($0): &a\($0) [*a\($0 - 1), *a\($0 - 1)]\n" }.joined()
          + "? *a30\n: 1", "'*a0'"
      ),
    ])
  func badFile(_ text: String, _ words: String) throws {
    try Tool.inFolder { tool in
      try tool.write(text + "\n", to: "settings.yaml")
      let bad = BadInputTests.Case(
        ["tune", model] + smallRun + ["--config", "settings.yaml", "--out", "x.kseed"],
        words)
      try expectRefusal(of: bad, by: tool)
      #expect(try tool.files == ["settings.yaml"])
    }
  }
}
