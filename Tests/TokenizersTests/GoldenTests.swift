// Ids and texts compared with those of Hugging Face `tokenizers` and llama.cpp.

import Foundation
import Testing
import Tokenizers

@Suite("Tokenizers against other implementations")
struct GoldenTests {
  /// The vocabularies of the golden file that are here; the tiny ones always are.
  static let vocabularies = [
    "tiny-bytes", "tiny-characters", "ggml-vocab-gpt-2", "ggml-vocab-llama-spm",
    "SmolLM2-135M-Instruct.Q4_1",
  ].filter { $0.hasPrefix("tiny-") || TestFiles.vocabulary($0) != nil }

  /// A text, its ids without special tokens and with, and other ids with their text.
  struct Case: Decodable {
    let text: String
    let plain: [Int32]
    let special: [Int32]
    let ids: [Int32]
    let decoded: String

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      text = try list.decode(String.self)
      plain = try list.decode([Int32].self)
      special = try list.decode([Int32]?.self) ?? plain
      ids = try list.decode([Int32].self)
      decoded = try list.decode(String.self)
    }
  }

  static func cases(_ vocabulary: String) throws -> [Case] {
    let data = Data(try TestFiles.golden("golden.json"))
    return try #require(JSONDecoder().decode([String: [Case]].self, from: data)[vocabulary])
  }

  @Test("ids and decoded texts are those of Hugging Face tokenizers", arguments: vocabularies)
  func agreesWithHuggingFace(vocabulary: String) throws {
    let tokenizer = try makeTokenizer(vocabulary)
    let cases = try Self.cases(vocabulary)
    let wrong = try cases.filter {
      try tokenizer.encode($0.text) != $0.plain
        || tokenizer.encode($0.text, parsingSpecialTokens: true) != $0.special
        || !tokenizer.decode($0.ids).utf8.elementsEqual($0.decoded.utf8)
    }
    #expect(wrong.map(\.text) == [])
  }

  @Test(
    "ids are those of llama.cpp",
    arguments: ["gpt-2", "llama-spm", "phi-3"].map { "ggml-vocab-\($0)" }
      .filter { TestFiles.vocabulary($0) != nil })
  func agreesWithLlama(vocabulary: String) throws {
    let path = try #require(TestFiles.vocabulary(vocabulary))
    let texts = try String(contentsOfFile: "\(path).inp", encoding: .utf8)
      .components(separatedBy: "\n__ggml_vocab_test__\n").dropLast()
    let expected = try String(contentsOfFile: "\(path).out", encoding: .utf8)
      .components(separatedBy: "\n").prefix(texts.count)
      .map { $0.split(separator: " ").compactMap { Int32($0) } }
    let tokenizer = try readVocabulary(ofGGUF: path).makeTokenizer()
    #expect(texts.count >= 45)
    #expect(texts.map { tokenizer.encode($0) } == Array(expected))
  }

  static let reference = TestFiles.shared("reference/smollm2_reference.json")

  /// A text of the reference file and the ids that `transformers` gives.
  struct Reference: Decodable {
    struct Case: Decodable {
      let text: String?
      let ids: [Int32]?
    }
    let cases: [Case]
  }

  @Test(
    "ids are those of transformers for SmolLM2, marks included",
    .enabled(
      if: TestFiles.vocabulary("SmolLM2") != nil && reference != nil,
      "needs SmolLM2-135M and ../shared/data"))
  func agreesWithTransformers() throws {
    let data = try Data(contentsOf: URL(filePath: try #require(Self.reference)))
    let cases = try JSONDecoder().decode(Reference.self, from: data).cases
      .filter { $0.text != nil && $0.ids != nil }
    let tokenizer = try readVocabulary(ofGGUF: try #require(TestFiles.vocabulary("SmolLM2")))
      .makeTokenizer()
    #expect(cases.count >= 3)
    let ids = cases.map { tokenizer.encode($0.text ?? "", parsingSpecialTokens: true) }
    #expect(ids == cases.map { $0.ids ?? [] })
  }

  @Test(
    "a vocabulary of 49,152 tokens and 48,900 merges loads in less than 150 ms",
    .enabled(
      if: isOptimized && TestFiles.vocabulary("SmolLM2") != nil,
      "needs SmolLM2-135M, built for release"))
  func loadsQuickly() throws {
    let vocabulary = try readVocabulary(ofGGUF: try #require(TestFiles.vocabulary("SmolLM2")))
    let times = try (0..<3).map { _ in
      try ContinuousClock().measure { _ = try vocabulary.makeTokenizer() }
    }
    let best = try #require(times.min())
    #expect(best < .milliseconds(150))
  }
}
