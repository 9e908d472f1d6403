import ChatTemplates
import Datasets
import Testing

/// A prompt template written as a chat template for other programs says the same.
@Suite("Prompt templates as chat templates")
struct ChatExportTests {
  static let conversations = [
    [Turn(.user, "Why?"), Turn(.assistant, "a")],
    [Turn(.system, "Be brief."), Turn(.user, "Say 'x' \\ {{ y }}"), Turn(.assistant, "a b")],
    [
      Turn(.user, "Why?\nTell."), Turn(.assistant, "a"), Turn(.user, "Again."),
      Turn(.assistant, "c"),
    ],
  ]

  @Test(
    "prompts and answers are the same tokens",
    arguments: [PromptTemplate.alpaca, .alpacaJoined, .alpacaShort, .chatml], conversations)
  func sameTokens(_ template: PromptTemplate, _ turns: [Turn]) throws {
    let tokenizer = WordListTokenizer()
    let text = try #require(template.chatTemplate(begin: "", end: "<|im_end|>"))
    let own = ExampleEncoder(tokenizer: tokenizer, template: template)
    let exported = ExampleEncoder(
      tokenizer: tokenizer, template: .model, chat: try ChatTemplate(text, file: "x.jinja"))
    let example = Example(turns: turns)
    #expect(try exported.promptTokens(for: example) == own.promptTokens(for: example))
    let (one, other) = (try exported.encode(example), try own.encode(example))
    // What a chat template writes behind the last answer's end token is not learnt.
    #expect(one.tokens.starts(with: other.tokens) && one.labels == other.labels)
  }

  @Test("a begin token stands first, whatever its name")
  func beginToken() throws {
    let text = try #require(PromptTemplate.alpaca.chatTemplate(begin: "<'\\s>", end: ""))
    let parts = try ChatTemplate(text, file: "x.jinja").render(
      [ChatMessage(role: "user", content: "Why?")], addsGenerationPrompt: true)
    let whole = parts.map(\.text).joined()
    #expect(whole.hasPrefix("<'\\s>Below is an instruction") && whole.hasSuffix("### Response:"))
  }

  @Test("the model's own and the data's own are none", arguments: [PromptTemplate.model, .raw])
  func none(_ template: PromptTemplate) {
    #expect(template.chatTemplate(begin: "", end: "") == nil)
  }
}
