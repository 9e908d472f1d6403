import Datasets
import Testing
import Tokenizers

@Suite("ExampleEncoder")
struct ExampleEncoderTests {
  static let example = Example(instruction: "ab", response: "cd", category: "qa")
  /// The word list's token of a character.
  static func character(_ character: Unicode.Scalar) -> Int32 { 1000 + Int32(character.value) }

  @Test("labels start at the response and end with the end token")
  func placesLabels() throws {
    let encoder = ExampleEncoder(tokenizer: WordListTokenizer(), template: .raw)
    let encoded = try encoder.encode(Self.example)
    let expected = "ab cd".unicodeScalars.map(Self.character) + [2]
    #expect(
      encoded == TokenizedExample(tokens: expected, responseStart: 2, category: "qa"))
    #expect(encoded.labelCount == 4)
    #expect(try encoder.promptTokens(for: Self.example) == Array(expected.prefix(2)))
  }

  @Test("the begin token comes first, once, where the model wants it", arguments: [true, false])
  func addsBeginToken(addsBeginToken: Bool) throws {
    let tokenizer = WordListTokenizer(beginToken: 9, addsBeginToken: addsBeginToken)
    let encoder = ExampleEncoder(tokenizer: tokenizer, template: .chatml)
    let tokens = try encoder.encode(Self.example).tokens
    #expect(tokens.first == (addsBeginToken ? 9 : 1))
    #expect(tokens.filter { $0 == 9 }.count == (addsBeginToken ? 1 : 0))
  }

  @Test("no end token is added where the tokenizer has none")
  func omitsMissingEndToken() throws {
    let tokenizer = WordListTokenizer(endToken: nil)
    let encoder = ExampleEncoder(tokenizer: tokenizer, template: .raw)
    #expect(try encoder.encode(Self.example).tokens.last == Self.character("d"))
    let silent = Example(instruction: "ab", response: "")
    let joined = ExampleEncoder(tokenizer: tokenizer, template: .chatml)
    #expect(throws: ExampleEncoder.Rejection.emptyResponse) { try joined.encode(silent) }
  }

  @Test("a token across the border of prompt and response is a label")
  func countsBorderTokenAsResponse() throws {
    let tokenizer = WordListTokenizer(words: ["b c"])
    let encoded = try ExampleEncoder(tokenizer: tokenizer, template: .raw).encode(Self.example)
    #expect(encoded.tokens == [Self.character("a"), 100, Self.character("d"), 2])
    #expect(encoded.responseStart == 1)
  }

  @Test("only the template's own marks become special tokens")
  func leavesStrangersMarksAlone() throws {
    let hostile = Example(instruction: "<|im_end|>", response: "<|im_start|>")
    let encoder = ExampleEncoder(tokenizer: WordListTokenizer(), template: .chatml)
    let tokens = try encoder.encode(hostile).tokens
    #expect(tokens.filter { $0 < 100 } == [1, 2, 1, 2])
  }

  @Test("a long example is cut on the right, one without room for a label is rejected")
  func appliesLengthLimit() throws {
    func encoder(_ limit: Int) -> ExampleEncoder {
      ExampleEncoder(tokenizer: WordListTokenizer(), template: .raw, lengthLimit: limit)
    }
    let whole = try encoder(6).encode(Self.example)
    #expect(try encoder(100).encode(Self.example) == whole && whole.tokens.count == 6)
    let cut = try encoder(3).encode(Self.example)
    #expect(cut.tokens == Array(whole.tokens.prefix(3)) && cut.labelCount == 1)
    #expect(throws: ExampleEncoder.Rejection.promptTooLong(tokenCount: 2, limit: 2)) {
      try encoder(2).encode(Self.example)
    }
  }

  @Test(
    "each answer of a conversation is learnt, with what closes it",
    arguments: [PromptTemplate.chatml, .raw], [true, false])
  func labelsEachAnswer(template: PromptTemplate, addsEndToken: Bool) throws {
    let example = Example(turns: [
      Turn(.user, "ab"), Turn(.assistant, "cd"), Turn(.user, "e"), Turn(.assistant, "f"),
    ])
    let encoder = ExampleEncoder(
      tokenizer: WordListTokenizer(), template: template, addsEndToken: addsEndToken)
    let encoded = try encoder.encode(example)
    let text = encoded.tokens.map { $0 == 1 ? "[" : $0 == 2 ? "]" : Self.scalar($0) }.joined()
    let end = addsEndToken ? "]" : ""
    #expect(
      text
        == (template == .raw
          ? "ab cd\(end)\ne f\(end)"
          : "[user\nab]\n[assistant\ncd]\n[user\ne]\n[assistant\nf\(end)"))
    let labelled = encoded.labels.map { run in
      encoded.tokens[run].map { $0 == 2 ? "]" : Self.scalar($0) }.joined()
    }
    let space = template == .raw ? " " : ""
    #expect(labelled == ["\(space)cd\(end)", "\(space)f\(end)"])
    #expect(
      try encoder.promptTokens(for: example) == Array(encoded.tokens[..<encoded.responseStart]))
  }

  private static func scalar(_ token: Int32) -> String {
    Unicode.Scalar(UInt32(max(1000, token) - 1000)).map(String.init) ?? ""
  }

  @Test("a conversation is cut on the right, and its labels with it")
  func cutsConversations() throws {
    let example = Example(turns: [
      Turn(.user, "ab"), Turn(.assistant, "cd"), Turn(.user, "e"), Turn(.assistant, "f"),
    ])
    func encoded(_ limit: Int) throws -> TokenizedExample {
      try ExampleEncoder(tokenizer: WordListTokenizer(), template: .raw, lengthLimit: limit)
        .encode(example)
    }
    #expect(try encoded(100).labels == [2..<6, 8..<11])
    #expect(try encoded(9).labels == [2..<6, 8..<9])
    #expect(try encoded(8).labels == [2..<6])
    #expect(try encoded(3).labels == [2..<3])
  }

  @Test("of running text every token is learnt that others stand before", arguments: [true, false])
  func encodesText(addsBeginToken: Bool) throws {
    let tokenizer = WordListTokenizer(beginToken: 9, addsBeginToken: addsBeginToken)
    let encoder = ExampleEncoder(tokenizer: tokenizer, template: .alpaca)
    let encoded = try encoder.encode(Example(text: "<|im_end|>"))
    #expect(
      encoded.tokens
        == (addsBeginToken ? [9] : []) + "<|im_end|>".unicodeScalars.map(Self.character) + [2])
    #expect(encoded.labels == [1..<encoded.tokens.count])
    let short = ExampleEncoder(tokenizer: WordListTokenizer(endToken: nil))
    #expect(throws: ExampleEncoder.Rejection.emptyText) { try short.encode(Example(text: "a")) }
  }

  @Test("rejected examples are counted, numbered and explained")
  func reportsRejections() {
    let long = Example(instruction: "abcdef", response: "r")
    let empty = Example(instruction: "", response: "r")
    let encoder = ExampleEncoder(tokenizer: WordListTokenizer(), template: .raw, lengthLimit: 5)
    let dataset = encoder.encode([Self.example, long, Self.example, empty])
    #expect(dataset.examples.count == 2 && dataset.rejections.map(\.index) == [1, 3])
    #expect(
      dataset.rejections.map(\.reason) == [.promptTooLong(tokenCount: 6, limit: 5), .emptyPrompt])
    #expect(
      dataset.rejectionSummary == """
        2 of 4 examples are left out; number 2: the prompt has 6 tokens, the limit is 5; raise it \
        or shorten the prompt
        """)
    #expect(encoder.encode([Self.example]).rejectionSummary == nil)
  }

  @Test("what is cut off of responses is counted and explained")
  func reportsCuts() throws {
    let encoder = ExampleEncoder(tokenizer: WordListTokenizer(), template: .raw, lengthLimit: 5)
    let long = Example(instruction: "ab", response: "cdef")
    let short = Example(instruction: "a", response: "b")
    // A space and four letters and the end token, of which three have room.
    #expect(try encoder.encode(long).cutLabelCount == 3)
    #expect(try encoder.encode(short).cutLabelCount == 0)
    let summary = try #require(encoder.encode([short, long]).cutSummary)
    #expect(
      summary.hasPrefix(
        "1 of 2 examples are cut at 5 tokens: 3 of the 9 tokens of responses do not count"))
    #expect(encoder.encode([short]).cutSummary == nil)
  }
}
