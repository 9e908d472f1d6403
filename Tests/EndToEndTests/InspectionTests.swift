import Foundation
import TestSupport
import Testing

/// What `transformers` computed for the test model.
struct Expected: Decodable {
  struct Sequence: Decodable {
    let text: String
    let ids: [Int32]
    let logits: [Double]
    let greedy: Greedy
  }
  struct Greedy: Decodable {
    let ids: [Int32]
    let text: String
  }
  struct Example: Decodable {
    let instruction: String
    let response: String
    let response_ids: [Int32]
    let loss: Double
  }
  let parameters: Int
  let sequences: [Sequence]
  let examples: [Example]

  static func read(_ folder: String = model) throws -> Expected {
    try RealInputs.json(folder + "/expected.json", as: Self.self)
  }
}

/// How far a logit may be from that of another f32 implementation; see `OpenedModel.tolerance`.
///
/// 2 layers with 2 sums of 160 terms each, logits below 16.
let logitTolerance = 8 * Double(Float.ulpOfOne / 2) * Double(2 * 2 * 160).squareRoot() * 16

@Suite("Commands that look at a model")
struct InspectionTests {
  @Test("A name from a file cannot command the terminal")
  func terminal() throws {
    try Tool.inFolder { tool in
      let folder = try tool.copyModel(to: "m", weights: false)
      let header = #"{"\u001b[31m\u0000\u202e":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#
      let size = String(String.UnicodeScalarView([Unicode.Scalar(UInt8(header.utf8.count))]))
      try tool.write(
        size + String(repeating: "\0", count: 7) + header + "\0\0\0\0", to: "m/model.safetensors")
      let outcome = try tool.run(["inspect", folder])
      let text = String(decoding: outcome.output, as: UTF8.self)
      #expect(text.contains(#"\u{1B}[31m\0\u{202E}"#), "\(text) \(outcome.errors)")
      #expect(!outcome.output.contains { $0 == 0x1B || $0 == 0 })
    }
  }

  @Test("A file cannot fill the terminal, neither by a table nor by an error")
  func length() throws {
    try Tool.inFolder { tool in
      let folder = try tool.copyModel(to: "m")
      let long = String(repeating: "\\u001b[31m\\n", count: 100_000)
      try tool.write(
        #"{"architectures": ["\#(long)"], "hidden_act": "\#(long)"}"#, to: "m/config.json")
      for command in [["inspect"], ["generate", "--prompt", "a"]] {
        let outcome = try tool.run(command + [folder])
        #expect(outcome.output.count < 50_000 && outcome.errors.utf8.count < 50_000)
        #expect(!outcome.output.contains(0x1B) && !outcome.errors.utf8.contains(0x1B))
      }
    }
  }

  @Test("What is taken for the model is said on standard error")
  func note() throws {
    try Tool.inFolder { tool in
      let outcome = try tool.run(["inspect", model + "/model.safetensors", "--json"])
      #expect(outcome.status == 0 && outcome.errors.contains("note: \"model.safetensors\" is part"))
    }
  }

  struct Inspection: Decodable {
    struct Tensor: Decodable, Equatable {
      let name: String
      let shape: [Int]
      let type: String
    }
    let format: String
    let architecture: String
    let parameters: Int
    let sha256: String
    let tensors: [Tensor]
  }

  @Test("inspect shows format, size, identity and tensors", arguments: [model, otherModel])
  func inspect(_ path: String) throws {
    let result = try Tool.inFolder { try $0.json(["inspect", path], as: Inspection.self) }
    let type = path == model ? "f32" : "bf16"
    #expect(result.format == "safetensors" && result.architecture == "LlamaForCausalLM")
    #expect(try result.parameters == Expected.read(path).parameters)
    #expect(result.parameters == result.tensors.reduce(0) { $0 + $1.shape.reduce(1, *) })
    #expect(
      result.sha256.count == 64 && result.tensors.map(\.name) == result.tensors.map(\.name).sorted()
    )
    #expect(
      result.tensors.first { $0.name == "model.embed_tokens.weight" }
        == Inspection.Tensor(name: "model.embed_tokens.weight", shape: [384, 64], type: type))
  }

  @Test("tokenize prints the ids and the spelling of the tokens")
  func tokenize() throws {
    struct Tokens: Decodable {
      let ids: [Int32]
      let tokens: [String]
    }
    let sequence = try Expected.read().sequences[0]
    let result = try Tool.inFolder {
      try $0.json(["tokenize", model, "--text", sequence.text], as: Tokens.self)
    }
    #expect(result.ids == sequence.ids)
    #expect(result.tokens.joined() == sequence.text.replacing(" ", with: "Ġ"))
  }

  @Test(
    "logits agree with transformers, on every instruction set this machine has",
    arguments: [model, otherModel], ["scalar", "avx2", "avx512", "neon"])
  func logits(_ path: String, isa: String) throws {
    struct Logits: Decodable {
      let logits: [Double]
      let argmax: Int
    }
    let expected = try Expected.read(path).sequences[0]
    let tokens = expected.ids.map(String.init).joined(separator: ",")
    try Tool.inFolder { tool in
      let available = try tool.json(["doctor"], as: Machine.self).instructionSetsAvailable
      guard available.contains(isa) else { return print("skipped: no \(isa) here") }
      let result = try tool.json(
        ["logits", path, "--tokens", tokens, "--isa", isa], as: Logits.self)
      let differences = zip(result.logits, expected.logits).map { abs($0 - $1) }
      #expect(result.logits.count == expected.logits.count)
      #expect(differences.max() ?? .infinity <= logitTolerance)
      #expect(expected.logits[result.argmax] == expected.logits.max())
    }
  }

  struct Generation: Decodable, Equatable {
    let ids: [Int32]
    let text: String
  }

  @Test("generate continues greedily as transformers does")
  func generate() throws {
    let expected = try Expected.read().sequences[0]
    let result = try Tool.inFolder {
      try $0.json(
        ["generate", model, "--prompt", expected.text, "--max-tokens", "16"], as: Generation.self)
    }
    #expect(result == Generation(ids: expected.greedy.ids, text: expected.greedy.text))
  }

  @Test("generate draws the same tokens for the same seed, and others for another")
  func sampling() throws {
    try Tool.inFolder { tool in
      let answers = try ["1", "1", "2"].map { seed in
        try tool.json(
          [
            "generate", model, "--prompt", "The", "--temperature", "1.5", "--top-p", "0.95",
            "--seed", seed,
          ], as: Generation.self)
      }
      #expect(answers[0] == answers[1] && answers[0] != answers[2])
    }
  }

  @Test("score gives the losses of transformers and their means")
  func score() throws {
    let examples = try Expected.read().examples
    let lines = try examples.map { example in
      String(
        decoding: try JSONEncoder().encode([
          "instruction": example.instruction, "response": example.response,
        ]), as: UTF8.self)
    }
    let result = try Tool.inFolder { tool in
      try tool.write(lines.joined(separator: "\n"), to: "examples.jsonl")
      let folder = try tool.copyModel(to: "model")
      try tool.write(#"{"eos_token": "<|im_end|>"}"#, to: "model/tokenizer_config.json")
      return try tool.json(["score", folder, "--data", "examples.jsonl"], as: Score.self)
    }
    let losses = zip(result.losses, examples).map { abs($0 - $1.loss) }
    // A loss differs by at most twice what the logits differ by.
    #expect(losses.max() ?? .infinity <= 2 * logitTolerance)
    #expect(result.examples == examples.count && result.losses.count == examples.count)
    let mean = result.losses.reduce(0, +) / Double(examples.count)
    #expect(abs(result.lossPerExample - mean) < 1e-12)
    let counts = examples.map { Double($0.response_ids.count) }
    let sum = zip(result.losses, counts).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(result.lossPerToken - sum / counts.reduce(0, +)) < 1e-12)
    #expect(abs(result.perplexity - exp(result.lossPerToken)) < 1e-12 * result.perplexity)
  }

  @Test("score --options chooses as lm-evaluation-harness does, from likelihoods of transformers")
  func options() throws {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
    let golden = url.appending(path: "Golden/options.json").path
    let questions = try RealInputs.json(golden, as: [Question].self)
    let lines = try questions.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    let result = try Tool.inFolder { tool in
      try tool.write(lines.joined(separator: "\n"), to: "questions.jsonl")
      return try tool.json(
        ["score", model, "--data", "questions.jsonl", "--template", "raw", "--options"],
        as: Score.self)
    }
    func share(_ measure: String) -> Double {
      Double(questions.count { $0.right[measure] == true }) / Double(questions.count)
    }
    let accuracy = try #require(result.accuracy)
    #expect(accuracy.sum.mean == share("acc"))
    #expect(accuracy.perCharacter.mean == share("acc_norm"))
    #expect(accuracy.perToken.mean == share("per token"))
    #expect(accuracy.sum.lower < accuracy.sum.mean && accuracy.sum.mean < accuracy.sum.upper)
  }

  @Test("score --metrics compares greedy answers with the responses")
  func metrics() throws {
    let lines = ["The otter waits by the", "one two three"].map {
      #"{"instruction": "\#($0)", "response": "river."}"#
    }
    let result = try Tool.inFolder { tool in
      try tool.write(lines.joined(separator: "\n"), to: "examples.jsonl")
      return try tool.json(
        [
          "score", model, "--data", "examples.jsonl", "--template", "raw", "--max-tokens", "2",
          "--metrics", "rouge-l,f1",
        ], as: Score.self)
    }
    let answers = try #require(result.answers)
    #expect(answers.count == 2 && answers[0].contains("river") && !answers[1].contains("river"))
    let means = try #require(result.metrics)
    #expect(means.keys.sorted() == ["f1", "rouge-l"] && means["f1"]?.mean == 0.5)
  }

  private struct Directions: Decodable { let values: [Float] }

  @Test(
    "directions are signs, or normals, and any part of them is the same",
    arguments: ["hadamard", "rademacher", "gaussian"])
  func directions(_ basis: String) throws {
    let arguments = ["directions", "--basis", basis, "--seed", "7", "--candidates", "64"]
    try Tool.inFolder { tool in
      func values(offset: Int, count: Int) throws -> [Float] {
        try tool.json(
          arguments + [
            "--candidate", "12", "--tensor", "3", "--offset", "\(offset)", "--count", "\(count)",
          ], as: Directions.self
        ).values
      }
      let all = try values(offset: 0, count: 300)
      #expect(try values(offset: 101, count: 150) == Array(all[101..<251]))
      #expect((basis == "gaussian") != all.allSatisfy { abs($0) == 1 })
    }
  }
}

/// What `doctor` tells.
struct Machine: Decodable {
  struct Library: Decodable {
    let coreType: String
    let configuration: String
    let threadsPerProduct: Int
  }
  let instructionSet: String
  let instructionSetsAvailable: [String]
  let threads: Int
  let openblas: Library
  let memoryBytes: Int
  let warnings: [String]
}

/// What `score` prints.
struct Score: Decodable, Equatable {
  let examples: Int
  let losses: [Double]
  let lossPerExample: Double
  let lossPerToken: Double
  let perplexity: Double
  let accuracy: Accuracy?
  let metrics: [String: Estimate]?
  let answers: [String]?

  struct Accuracy: Decodable, Equatable {
    let sum: Estimate
    let perCharacter: Estimate
    let perToken: Estimate
  }

  struct Estimate: Decodable, Equatable {
    let mean: Double
    let lower: Double
    let upper: Double
  }
}

/// A question of the golden file, as a record of `score --options`.
private struct Question: Codable {
  let instruction: String
  let response: String
  let options: [String]
  /// Whether `transformers` finds the right option the likeliest, by each measure.
  let right: [String: Bool]
}
