import Datasets
import FineTuning
import Foundation
import Kernels
import LanguageModels
import TestSupport
import Testing
import Tokenizers
import Weights

/// Examples as `transformers` and `tokenizers` see them.
private struct Reference: Decodable {
  struct Example: Decodable {
    let instruction: String
    let response: String
    let prompt_ids: [Int32]
    let response_ids: [Int32]
    let loss: Double
  }
  struct Text: Decodable {
    let text: String
    let ids: [Int32]
  }
  let examples: [Example]
  let tokenizer: [Text]
}

@Suite("Base models")
struct LoadedModelTests {
  /// Returns the test model with a file that names its end token.
  private func folder(_ variant: String) throws -> TemporaryFolder {
    let folder = try TemporaryFolder(linkingTo: variant)
    try Data(#"{"eos_token": "<|im_end|>"}"#.utf8).write(
      to: URL(filePath: folder.path + "/tokenizer_config.json"))
    return folder
  }

  @Test(
    "a folder opens with its tokenizer, and examples have the tokens and losses of transformers",
    arguments: ["", "/untied-bf16"])
  func opening(variant: String) throws {
    let folder = try folder(variant)
    let reference = try RealInputs.json(folder.path + "/expected.json", as: Reference.self)
    let base = try LoadedModel.open(
      path: folder.path, context: ComputeContext(threads: Threads(2)))
    let tokenizer = try base.tokenizer
    for text in reference.tokenizer {
      let ids = tokenizer.encode(text.text, parsingSpecialTokens: true, addingBeginToken: false)
      #expect(ids == text.ids, "\(text.text.debugDescription)")
    }
    let encoder = ExampleEncoder(tokenizer: tokenizer)
    let encoded = encoder.encode(
      reference.examples.map { Example(instruction: $0.instruction, response: $0.response) })
    #expect(
      encoded.examples.map(\.tokens) == reference.examples.map { $0.prompt_ids + $0.response_ids })
    #expect(encoded.examples.map(\.responseStart) == reference.examples.map(\.prompt_ids.count))
    let losses = try base.score(encoded.examples, weights: base.store).losses
    let difference =
      zip(losses, reference.examples).map { abs($0 - $1.loss) }.max() ?? .infinity
    #expect(difference <= base.lossTolerance(), "\(difference)")
  }

  @Test("answers end before the end token and are the model's greedy continuations")
  func answers() throws {
    let folder = try folder("")
    let base = try LoadedModel.open(
      path: folder.path, context: ComputeContext(threads: Threads(2)))
    let encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    let examples = [
      Example(instruction: "Write the number 7 as a word.", response: ""),
      Example(instruction: "Is 14 odd or even?", response: ""),
    ]
    let answers = try base.answers(
      to: examples, encoder: encoder, limit: 24, weights: base.store)
    let alone = try examples.map {
      try base.answers(to: [$0], encoder: encoder, limit: 24, weights: base.store)[0]
    }
    #expect(answers == alone)
    #expect(answers[0].hasPrefix(" ") && answers[0] != answers[1])
    #expect(!answers.joined().contains("<|im_end|>"))
  }

  @Test("a folder without a tokenizer opens, and the tokenizer's error names the file")
  func noTokenizer() throws {
    let folder = try TemporaryFolder()
    for name in ["config.json", "model.safetensors"] {
      try FileManager.default.copyItem(
        atPath: RealInputs.tinyLlama + "/" + name, toPath: folder.path + "/" + name)
    }
    let base = try LoadedModel.open(
      path: folder.path, context: ComputeContext(threads: Threads(1)))
    let error = #expect(throws: TokenizerError.self) { try base.tokenizer }
    #expect("\(try #require(error))".contains("tokenizer.json"))
  }
}

@Suite(
  "SmolLM2-135M as a base model",
  .enabled(if: RealInputs.isPresent(RealInputs.smolLM2, RealInputs.noModel), "needs the model"),
  .enabled(
    if: RealInputs.isPresent(RealInputs.shared("reference"), RealInputs.noSharedData),
    "needs ../shared/data"))
struct SmolLM2BaseModelTests {
  private struct File: Decodable {
    struct Case: Decodable {
      let prompt_ids: [Int32]?
      let response_ids: [Int32]?
      let mean_loss: Double?
    }
    let cases: [Case]
  }

  @Test("Dolly's second example has the tokens and the loss of transformers")
  func dolly() throws {
    let path = try #require(RealInputs.smolLM2)
    let file = try RealInputs.json(
      try #require(RealInputs.shared("reference/smollm2_reference.json")), as: File.self)
    let reference = try #require(file.cases.first { $0.mean_loss != nil })
    let (prompt, response) = (
      try #require(reference.prompt_ids), try #require(reference.response_ids)
    )
    let dataset = try Dataset.read(
      path: try #require(RealInputs.shared("dolly/databricks-dolly-15k.jsonl")))
    let base = try LoadedModel.open(
      path: path, context: ComputeContext(threads: Threads(2)))
    let encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    let example = try encoder.encode(dataset.examples[1])
    #expect(example.tokens == prompt + response)
    #expect(example.responseStart == prompt.count)
    #expect(try encoder.promptTokens(for: dataset.examples[1]) == prompt)
    let loss = try base.score([example], weights: base.store).lossPerExample
    let expected = try #require(reference.mean_loss)
    // Logits of this model are up to four times as large as tiny-llama's.
    #expect(abs(loss - expected) <= 4 * base.lossTolerance(), "\(loss)")
  }
}
