import Foundation
import Testing
import Tokenizers

@Suite("Words")
struct WordExpressionTests {
  /// An expression as `tokenizers` was given it, and texts with the words that it found.
  struct Golden: Decodable {
    let expression: String
    let cases: [Case]

    struct Case: Decodable {
      let text: String
      let words: [String]

      init(from decoder: any Decoder) throws {
        var list = try decoder.unkeyedContainer()
        text = try list.decode(String.self)
        words = try list.decode([String].self)
      }
    }
  }

  static let expressions: [(name: String, expression: TextPattern)] = [
    ("gpt-2", .gpt2), ("qwen2", .qwen2), ("llama3", .llama3),
  ]

  static func golden(_ name: String) throws -> Golden {
    let data = Data(try TestFiles.golden("words.json"))
    return try #require(JSONDecoder().decode([String: Golden].self, from: data)[name])
  }

  private static func words(_ text: String, _ expression: TextPattern) -> [String] {
    PreTokenizer([.split(expression, .isolated)]).words(in: Array(text.utf8))
      .map { String(decoding: $0, as: UTF8.self) }
  }

  @Test("words are those of Hugging Face tokenizers", arguments: expressions)
  func agrees(name: String, expression: TextPattern) throws {
    let golden = try Self.golden(name)
    #expect(golden.expression == expression.text && golden.cases.count > 350)
    // By bytes: equal strings may be composed differently.
    let wrong = golden.cases.filter {
      Self.words($0.text, expression).map { Array($0.utf8) } != $0.words.map { Array($0.utf8) }
    }
    #expect(wrong.map(\.text) == [])
  }

  @Test("words follow each other without gaps, whatever the text", arguments: expressions)
  func covers(name: String, expression: TextPattern) {
    var generator = SeededGenerator(state: 5)
    let characters = Array("aZé1٣ \n\r\t'sſ.\u{301}東\u{a0}🦉".unicodeScalars)
    for _ in 0..<2000 {
      let count = Int.random(in: 0...12, using: &generator)
      var text = String.UnicodeScalarView()
      for _ in 0..<count {
        text.append(characters[Int.random(in: 0..<characters.count, using: &generator)])
      }
      let words = Self.words(String(text), expression)
      #expect(words.joined().utf8.elementsEqual(String(text).utf8) && !words.contains(""))
    }
  }

  @Test("the rules that GGUF files name are all different, and are named again")
  func namesRules() {
    for (names, makeRules) in ByteLevelRules.named {
      let rules = makeRules()
      #expect(names.allSatisfy { ByteLevelRules(named: $0) == rules } && rules.name == names[0])
    }
    #expect(ByteLevelRules(named: "afmoe") == nil)
  }
}

@Suite("Qwen2's tokenizer")
struct Qwen2TokenizerTests {
  private static func file() throws -> TokenizerFile {
    try TokenizerFile(json: TestFiles.golden("tiny-qwen2.json"))
  }

  /// Texts, and their ids without special tokens and with.
  private struct Case: Decodable {
    let text: String
    let plain: [Int32]
    let special: [Int32]

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      text = try list.decode(String.self)
      plain = try list.decode([Int32].self)
      special = try list.decode([Int32].self)
    }
  }

  @Test("ids are those of Hugging Face tokenizers, characters composed first")
  func agrees() throws {
    let tokenizer = try Self.file().makeTokenizer()
    let cases = try JSONDecoder().decode([Case].self, from: Data(TestFiles.golden("qwen2.json")))
    let wrong = cases.filter {
      tokenizer.encode($0.text) != $0.plain
        || tokenizer.encode($0.text, parsingSpecialTokens: true) != $0.special
    }
    #expect(wrong.map(\.text) == [] && cases.count > 250)
  }

  @Test("what a model made has no text where the vocabulary has no token")
  func rowsWithoutTokens() throws {
    let tokenizer = try Self.file().makeTokenizer()
    let ids = tokenizer.encode("a heron")
    let beyond = Int32(tokenizer.vocabularySize)
    #expect(try tokenizer.decode(generated: [beyond, -1] + ids + [.max]) == "a heron")
    #expect(throws: TokenizerError.self) { try tokenizer.decode(ids + [beyond]) }
  }

  @Test("a GGUF file that names qwen2 has the same ids")
  func agreesFromGGUF() throws {
    struct Tokenizer: Decodable {
      struct Model: Decodable {
        let vocab: [String: Int]
        let merges: [[String]]
      }
      let model: Model
    }
    let json = try JSONDecoder().decode(
      Tokenizer.self, from: Data(TestFiles.golden("tiny-qwen2.json")))
    let tokens = json.model.vocab.sorted { $0.value < $1.value }.map(\.key)
    var vocabulary = TokenizerVocabulary(file: "tiny.gguf", model: "gpt2", tokens: tokens)
    vocabulary.preTokenizer = "qwen2"
    vocabulary.merges = json.model.merges.map { $0.joined(separator: " ") }
    let tokenizer = try vocabulary.makeTokenizer()
    let cases = try JSONDecoder().decode([Case].self, from: Data(TestFiles.golden("qwen2.json")))
    // The vocabulary has no added tokens: texts without them.
    let texts = cases.filter { $0.plain.allSatisfy { $0 < tokens.count } }
    let wrong = texts.filter { tokenizer.encode($0.text) != $0.plain }
    #expect(wrong.map(\.text) == [] && texts.count > 200)
  }

  @Test(
    "a file that asks for another way to cut text is refused by the part at fault",
    arguments: [
      (#""behavior": "Isolated""#, #""behavior": "Sideways""#, "pre_tokenizer.behavior"),
      (#"\\p{N}|"#, #"\\p{Nowhere}|"#, #"\p{Nowhere}"#),
      (#"\\p{N}|"#, #"(?<name>x)|"#, "(?<nam"),
      (#""type": "NFC""#, #""type": "Nmt""#, "normalizer"),
      (#""type": "Split""#, #""type": "UnicodeScripts""#, "UnicodeScripts"),
    ])
  func refuses(found: String, replacement: String, mention: String) throws {
    let text = String(decoding: try TestFiles.golden("tiny-qwen2.json"), as: UTF8.self)
    let changed = text.replacingOccurrences(of: found, with: replacement)
    #expect(changed != text)
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerFile(json: Array(changed.utf8)).makeTokenizer()
    }
    #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
  }
}
