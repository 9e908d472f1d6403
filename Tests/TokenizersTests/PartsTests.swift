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
      "a{1,600}", "(?>(?:a|b){1,9})", #"\p{Klingon}"#, #"(?<=ab)c"#, #"(a)\1"#, "(?i:ss)", "[", "(",
      ")", "*", "\\",
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
      // After each of these a match of one character follows, and nothing may be forgotten by it.
      ("a+?b|a*?c|.", "a"), ("(?:a|b)*c|.", "ab"), ("(?>a*)b|a*+c|.", "a"),
      ("(?>(?:a|b)*)c|.", "ab"), ("a(?=(?:a|aa)*b)|.", "a"), ("a(?=a*\\?)|.", "a"),
      ("a(?=(?:a|b)*\\?)|.", "a"), ("a{1,400}b|.", "a"), ("(?:a|b)?(?:a|b)?(?:a|b)?c|.", "a"),
      ("(?=[ab]*b[ac]*)a|.", "ba"),
    ])
  func noQuadraticTime(expression: String, unit: String) throws {
    let cut = Expression(expression)
    let preTokenizer = try TokenizerFile(json: Self.split(cut)).makePreTokenizer().0
    let text = String(repeating: unit, count: isOptimized ? 200_000 : 3_000) + "?"
    #expect(preTokenizer.words(in: Array(text.utf8)).joined().count == text.utf8.count)
  }

  /// Expressions that make many choices, and remember them.
  private static let choosing = [
    "a+?b|.", "a*?c|.", "(?:a|b)*c|.", "(?>(?:a|b)*)c|.", "(?>a*)b|a*+c|.", "a(?=[ab]*b)|b",
    "a(?![ab]*c)", "(?:a|ab)(?:c|bcd)?|.", "(?:a|b)+?c|(?:b|c)+a|.",
    "(?=a*b)a|[bc]", "(?:(?:a|b)(?=[abc]*c))+|.", "[ab]*b[ac]*c|.",
    "a(?=(?>(?:a|b)*)c)|.", "(?:a|b){2,9}?c|.", "(?:(?>a|ab)c?)+|b", "(?=[ab]*b[ac]*c)a|.",
    "(?:a*?b)+c|.", "a(?!(?:a|b)*c)|.",
  ]
  /// Those that take the other engine exponential time, and so short texts.
  private static let ambiguous = ["a(?=(?:a|aa)*b)|.", "(?:aa|a)*+b|.", "(?:a+b|ab*)*c|b|."]

  @Test(
    "words of long texts are those of another engine", .timeLimit(.minutes(5)),
    arguments: choosing + ambiguous)
  func remembersRightly(expression: String) throws {
    let preTokenizer = try TokenizerFile(json: Self.split(Expression(expression)))
      .makePreTokenizer().0
    let oracle = try NSRegularExpression(pattern: expression)
    var generator = SeededGenerator(state: 11)
    let isAmbiguous = Self.ambiguous.contains(expression)
    for rare in isAmbiguous ? [2, 3] : [3, 20, 200] {
      let text = String(
        (0..<(isAmbiguous ? 36 : 700)).map { _ in Int.random(in: 0..<rare, using: &generator) }
          .map { $0 == 0 ? "b" as Character : $0 == 1 && rare > 3 ? "c" : "a" })
      let words = preTokenizer.words(in: Array(text.utf8)).map {
        String(decoding: $0, as: UTF8.self)
      }
      #expect(words == Self.words(of: text, oracle), "one of \(rare)")
    }
  }

  /// The matches and what lies between them.
  private static func words(of text: String, _ expression: NSRegularExpression) -> [String] {
    let units = Array(text.utf8)
    var (words, end) = ([Range<Int>](), 0)
    for match in expression.matches(in: text, range: NSRange(location: 0, length: units.count)) {
      let range = match.range.location..<match.range.location + match.range.length
      words += [end..<range.lowerBound, range]
      end = range.upperBound
    }
    return (words + [end..<units.count]).filter { !$0.isEmpty }
      .map { String(decoding: units[$0], as: UTF8.self) }
  }

  @Test(
    "parts that would make a text or its work many times as long are refused",
    arguments: [
      (#""normalizer":{"type":"Sequence","normalizers":[\#(PartsTests.twelve)]}"#, "normalizer"),
      (
        #""normalizer":{"type":"Replace","pattern":{"String":"a"},"content":"\#(PartsTests.long)"}"#,
        "normalizer"
      ),
      (#""decoder":{"type":"Sequence","decoders":[\#(PartsTests.twelve)]}"#, "decoder"),
      (#""normalizer":{"type":"Sequence","normalizers":[\#(PartsTests.forms)]}"#, "normalizer"),
      (
        #""pre_tokenizer":{"type":"Sequence","pretokenizers":[\#(PartsTests.digits)]}"#,
        "pre_tokenizer"
      ),
      (
        #""normalizer":{"type":"Precompiled","precompiled_charsmap":"\#(PartsTests.map)"}"#,
        "charsmap"
      ),
    ])
  func refusesGrowth(part: String, mention: String) throws {
    let text = #"{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},\#(part)}"#
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerFile(json: Array(text.utf8)).makeTokenizer()
    }
    #expect(error?.description.contains(mention) == true, "\(error?.description ?? "")")
  }

  private static let twelve = repeated(
    #"{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"#, 12)
  private static let forms = repeated(#"{"type":"NFD"}"#, 40)
  private static let digits = repeated(#"{"type":"Digits","individual_digits":true}"#, 40)
  private static let long = String(repeating: "b", count: 500)
  private static let map = Data(
    [4, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 65, count: 500)
  ).base64EncodedString()

  private static func repeated(_ text: String, _ count: Int) -> String {
    [String](repeating: text, count: count).joined(separator: ",")
  }

  @Test("a unigram model has no token at whose every byte a text would be looked at again")
  func refusesLongTokens() throws {
    let token = String(repeating: "a", count: 600)
    let text = #"{"model":{"type":"Unigram","unk_id":0,"vocab":[["?",0],["\#(token)",-1]]}}"#
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerFile(json: Array(text.utf8)).makeTokenizer()
    }
    #expect(error?.description.contains("600 bytes") == true)
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
