// Every part that a file may name, against the programs whose files they are.

import Foundation
import Testing
import Tokenizers

@Suite("Parts of tokenizers")
struct PartsTests {
  /// The values of parts.json; make_parts.py says what they are.
  struct Golden: Decodable {
    let expressions: [Expression]
    let tokenizers: [File]
    let pieces: [Pieces]
    let ranks: Ranks
  }

  struct File: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let file: String
    let cases: [Case]
    var testDescription: String { name }
  }

  struct Expression: Decodable, Sendable, CustomTestStringConvertible {
    let expression: String
    let behavior: String
    let invert: Bool
    let cases: [Words]
    var testDescription: String { "\(expression) \(behavior) \(invert)" }
  }

  struct Words: Decodable, Sendable {
    let text: String
    let words: [String]

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      text = try list.decode(String.self)
      words = try list.decode([String].self)
    }
  }

  struct Encoded: Decodable, Sendable {
    let text: String
    let ids: [Int32]

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      text = try list.decode(String.self)
      ids = try list.decode([Int32].self)
    }
  }

  struct Pieces: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let model: Data
    let cases: [Encoded]
    var testDescription: String { name }
  }

  struct Ranks: Decodable {
    let expression: String
    let tokens: [String]
    let cases: [Encoded]
  }

  /// A text, its ids without special tokens, with them, and as the model expects it; the text of the
  /// second.
  struct Case: Decodable, Sendable {
    let text: String
    let plain: [Int32]
    let special: [Int32]
    let whole: [Int32]
    let decoded: String?

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      text = try list.decode(String.self)
      plain = try list.decode([Int32].self)
      special = try list.decode([Int32].self)
      whole = try list.decode([Int32].self)
      decoded = try list.decode(String?.self)
    }
  }

  static let json = Result { try TestFiles.golden("parts.json") }
  static let golden = Result { try JSONDecoder().decode(Golden.self, from: Data(json.get())) }
  static let expressions = (try? golden.get().expressions) ?? []
  static let models = (try? golden.get().pieces) ?? []
  static let files = (try? golden.get().tokenizers) ?? []

  /// A `tokenizer.json` that asks for nothing but one `Split`.
  private static func split(_ expression: Expression) throws -> [UInt8] {
    let file: [String: Any] = [
      "model": ["type": "BPE", "vocab": ["a": 0], "merges": [String]()],
      "pre_tokenizer": [
        "type": "Split", "pattern": ["Regex": expression.expression],
        "behavior": expression.behavior, "invert": expression.invert,
      ],
    ]
    return [UInt8](try JSONSerialization.data(withJSONObject: file))
  }

  @Test("words are those of the expression's own engine", arguments: expressions)
  func cutsWords(expression: Expression) throws {
    let preTokenizer = try TokenizerFile(json: Self.split(expression)).makePreTokenizer().0
    let wrong = expression.cases.filter { test in
      preTokenizer.words(in: Array(test.text.utf8)) != test.words.map { Array($0.utf8) }
    }
    #expect(wrong.map(\.text) == [])
  }

  @Test("ids and texts are those of tokenizers, for every part", arguments: files)
  func agreesWithTokenizers(file: File) throws {
    let ours = try TokenizerFile(json: Array(file.file.utf8)).makeTokenizer()
    for test in file.cases {
      #expect(ours.encode(test.text) == test.plain, "\(test.text.debugDescription)")
      let special = ours.encode(test.text, parsingSpecialTokens: true)
      #expect(special == test.special, "\(test.text.debugDescription)")
      #expect(ours.prefix + special + ours.suffix == test.whole)
      if let decoded = test.decoded {
        #expect(try Array(ours.decode(test.special).utf8) == Array(decoded.utf8))
      }
    }
  }

  @Test("the values that these tests need are there")
  func hasValues() throws {
    #expect(Self.expressions.count > 25 && Self.files.count == 13 && Self.models.count == 5)
  }

  @Test("ids are those of SentencePiece, from its own file", arguments: models)
  func agreesWithSentencePiece(model: Pieces) throws {
    let ours = try TokenizerVocabulary(sentencePiece: [UInt8](model.model)).makeTokenizer()
    for test in model.cases {
      #expect(ours.encode(test.text) == test.ids, "\(test.text.debugDescription)")
    }
  }

  @Test("ids are those of tiktoken, from a file like Mistral's")
  func agreesWithTiktoken() throws {
    let ranks = try Self.golden.get().ranks
    let file: [String: Any] = [
      "config": [
        "pattern": ranks.expression, "default_vocab_size": ranks.tokens.count + 30,
        "default_num_special_tokens": 30,
      ],
      "vocab": ranks.tokens.map { ["token_bytes": $0] },
    ]
    let json = [UInt8](try JSONSerialization.data(withJSONObject: file))
    let ours = try RankedVocabulary(tekken: json).makeTokenizer()
    for test in ranks.cases {
      #expect(ours.encode(test.text) == test.ids.map { $0 + 30 }, "\(test.text.debugDescription)")
    }
    #expect(ours.prefix == [1] && ours.endTokens == [2] && ours.id(forToken: "[INST]") == 3)
    #expect(try ours.decode(ours.encode("héron 🦆")) == "héron 🦆")
  }

  @Test("damaged models of SentencePiece never trap")
  func damagedModelsNeverTrap() throws {
    let model = try #require(Self.models.first { $0.name == "unigrams with bytes" }).model
    var generator = SeededGenerator(state: 3)
    var usable = 0
    for _ in 0..<200 {
      var bytes = [UInt8](model)
      for _ in 0..<4 {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        bytes[place] = UInt8.random(in: 0...255, using: &generator)
      }
      guard let tokenizer = try? TokenizerVocabulary(sentencePiece: bytes).makeTokenizer() else {
        continue
      }
      let ids = tokenizer.encode("The ｔｈｅ miller's 12 日本\n\n ﬁ", parsingSpecialTokens: true)
      _ = try tokenizer.decode(generated: ids)
      usable += 1
    }
    #expect(usable > 0)
    for count in stride(from: 0, to: 400, by: 7) {
      // One that is cut between two tokens is a smaller model.
      _ = try? TokenizerVocabulary(sentencePiece: [UInt8](model.prefix(count))).makeTokenizer()
    }
  }

  @Test(
    "expressions without measure are refused",
    arguments: [
      String(repeating: "a", count: 10_000), "a" + String(repeating: "{1,9}", count: 500),
      String(repeating: "(", count: 100), "(a{1,4000}){1,4000}", "(a?)*", "a{2,1}", "[b-a]",
      #"\p{Klingon}"#, #"(?<=ab)c"#, #"(a)\1"#, "(?i:ss)", "[", "(", ")", "*", "\\",
    ])
  func refusesExpressions(expression: String) throws {
    #expect(throws: TokenizerError.self) {
      try TokenizerFile(json: Self.split(Expression(expression))).makePreTokenizer()
    }
  }

  @Test(
    "text of any shape takes no quadratic time", .timeLimit(.minutes(1)),
    arguments: [
      ("\\s+$", " "), ("\\s*[\\r\\n]+|\\s+(?!\\S)", " "),
      ("(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+!", "a b"),
      ("(a|a)+b", "a"), ("a*a*a*a*b", "a"), ("(?:a+b?)+c", "a"), ("[^!]+!", "é"),
    ])
  func noQuadraticTime(expression: String, unit: String) throws {
    let cut = Expression(expression)
    let preTokenizer = try TokenizerFile(json: Self.split(cut)).makePreTokenizer().0
    let text = String(repeating: unit, count: isOptimized ? 200_000 : 3_000) + "?"
    #expect(preTokenizer.words(in: Array(text.utf8)).joined().count == text.utf8.count)
  }
}

extension PartsTests.Expression {
  init(_ expression: String) {
    self.expression = expression
    behavior = "Isolated"
    invert = false
    cases = []
  }
}
