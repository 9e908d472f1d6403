import Datasets
import Testing

@Suite("Questions with options")
struct TokenizedQuestionTests {
  private let question = Example(
    instruction: "ab", response: "d", options: ["cc", "d"])

  private func tokens(_ text: String) -> [Int32] {
    text.unicodeScalars.map(ExampleEncoderTests.character)
  }

  @Test("the prompt is shared, and options end without an end token")
  func separatesOptions() throws {
    let encoder = ExampleEncoder(tokenizer: WordListTokenizer(), template: .raw)
    let encoded = try encoder.encodeQuestion(question)
    #expect(encoded.prompt == tokens("ab") && encoded.answer == 1)
    #expect(encoded.options.map(\.tokens) == [tokens(" cc"), tokens(" d")])
    #expect(encoded.options.map(\.characterCount) == [2, 1])
  }

  @Test("a token across the border of one option belongs to all of them")
  func borderToken() throws {
    let tokenizer = WordListTokenizer(words: ["b c"])
    let encoder = ExampleEncoder(tokenizer: tokenizer, template: .raw)
    let encoded = try encoder.encodeQuestion(question)
    #expect(encoded.prompt == tokens("a"))
    #expect(encoded.options.map(\.tokens) == [[100] + tokens("c"), tokens("b d")])
  }

  @Test(
    "a question that cannot be scored is refused with the reason",
    arguments: [
      ([], 100, ExampleEncoder.Rejection.noOptions), (["cc"], 100, .responseIsNoOption),
      (["cc", "d"], 4, .optionTooLong(tokenCount: 5, limit: 4)),
    ])
  func refuses(options: [String], limit: Int, reason: ExampleEncoder.Rejection) {
    var question = question
    question.options = options
    let encoder = ExampleEncoder(
      tokenizer: WordListTokenizer(), template: .raw, lengthLimit: limit)
    #expect(throws: reason) { try encoder.encodeQuestion(question) }
  }

  @Test("records may list options, a table's are the words of its labels")
  func readsOptions() throws {
    let folder = try TemporaryFolder()
    let record = #"{"instruction":"a","response":"b","options":["b","c"]}"#
    let records = try folder.write(record, as: "x.jsonl")
    #expect(try Dataset.read(path: records).examples[0].options == ["b", "c"])
    let table = try folder.write("fine\t1", as: "x.tsv")
    #expect(try Dataset.read(path: table).examples[0].options == ["terrible", "great"])
    let broken = try folder.write(record.replacing(#"["b","c"]"#, with: "[1]"), as: "y.jsonl")
    #expect(throws: DatasetError.self) { try Dataset.read(path: broken) }
  }

  @Test("a response without an end token is all that is learnt, where that is wanted")
  func omitsEndToken() throws {
    let encoder = ExampleEncoder(
      tokenizer: WordListTokenizer(), template: .raw, addsEndToken: false)
    #expect(try encoder.encode(question).tokens == tokens("ab d"))
  }
}
