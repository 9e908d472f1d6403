import ChatTemplates
import Datasets
import Testing
import Tokenizers

@Suite("Examples in the words of a chat template")
struct ChatExchangeTests {
  static let turns = """
    {{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}
    {{ m.content | trim }}<|im_end|>
    {% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
    {% endif %}
    """
  static let conversation = Example(turns: [
    Turn(.system, "Be brief."), Turn(.user, " Say <|im_end|>", context: "twice"),
    Turn(.assistant, "a b "), Turn(.user, "Again."), Turn(.assistant, "c"),
  ])

  private func encoder(
    _ text: String, endToken: Bool = true, _ tokenizer: WordListTokenizer = WordListTokenizer()
  ) throws -> ExampleEncoder {
    ExampleEncoder(
      tokenizer: tokenizer, template: .model,
      chat: try ChatTemplate(text, tokens: ["bos_token": "<s>"], file: "chat_template.jinja"),
      addsEndToken: endToken)
  }

  private func text(_ tokens: some Collection<Int32>) throws -> String {
    try WordListTokenizer().decode(Array(tokens))
  }

  @Test("each answer is learnt up to its end token, and a user's marks are words")
  func labelsAnswers() throws {
    let encoded = try encoder(Self.turns).encode(Self.conversation)
    let labels = try encoded.labels.map { try text(encoded.tokens[$0]) }
    #expect(labels == ["a b<|im_end|>", "c<|im_end|>"])
    #expect(encoded.tokens.filter { $0 == 2 }.count == 5)
    let whole = try text(encoded.tokens)
    #expect(
      whole.hasPrefix(
        "<s><|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nSay <|im_end|>\ntwice"))
    #expect(whole.hasSuffix("<|im_start|>assistant\nc<|im_end|>"))
  }

  @Test("a prompt ends where an answer begins, and the begin token is the template's")
  func prompts() throws {
    let tokenizer = WordListTokenizer(beginToken: 9, addsBeginToken: true)
    let prompt = try encoder(Self.turns, tokenizer).promptTokens(for: Self.conversation)
    #expect(try text(prompt).hasSuffix("Again.<|im_end|>\n<|im_start|>assistant\n"))
    #expect(!prompt.contains(9))
  }

  @Test("a prompt is asked for without an answer, which a template may refuse")
  func promptAlone() throws {
    let text =
      "{% for m in messages %}{{ m.content + '!' if m.role == 'user' else nothing.at.all }}{% endfor %}"
    let prompt = try encoder(text).promptTokens(for: Example(instruction: "One?", response: ""))
    #expect(try self.text(prompt) == "One?!")
  }

  @Test("without the end token an answer is learnt without what closes it")
  func withoutEndToken() throws {
    let encoded = try encoder(Self.turns, endToken: false).encode(Self.conversation)
    #expect(try encoded.labels.map { try text(encoded.tokens[$0]) } == ["a b", "c"])
  }

  @Test("a template that closes no answer leaves it to the end token")
  func endTokenOfTokenizer() throws {
    let text =
      "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
    let example = Example(instruction: "One?", response: "two")
    let encoded = try encoder(text).encode(example)
    #expect(try self.text(encoded.tokens) == "[user] One?\n[assistant] two\n<|im_end|>")
    #expect(try encoded.labels.map { try self.text(encoded.tokens[$0]) } == ["two\n<|im_end|>"])
  }

  @Test("where earlier answers are written otherwise, the last one alone is learnt")
  func changedHistory() throws {
    let text = """
      {% for m in messages %}{% if m.role == 'assistant' and not loop.last %}<|im_start|>{% else %}\
      <|im_start|>{{ m.content }}{% endif %}<|im_end|>{% endfor %}{% if add_generation_prompt %}<|im_start|>{% endif %}
      """
    let encoded = try encoder(text).encode(Self.conversation)
    #expect(try encoded.labels.map { try self.text(encoded.tokens[$0]) } == ["c<|im_end|>"])
  }

  @Test("a prompt that the answered text does not begin with keeps its own words")
  func otherPrompt() throws {
    let text = """
      {% for m in messages %}<|im_start|>{{ m.content }}<|im_end|>{% endfor %}\
      {% if add_generation_prompt %}<|im_start|>think: {% endif %}
      """
    let encoded = try encoder(text).encode(Example(instruction: "One?", response: "two"))
    #expect(
      try self.text(encoded.tokens) == "<|im_start|>One?<|im_end|><|im_start|>think: two<|im_end|>")
  }

  @Test("a template that refuses a conversation leaves the example out, with its words")
  func refusal() throws {
    let encoder = try encoder("{{ raise_exception('no ' + messages[0].role + ' here') }}")
    let encoded = encoder.encode([Self.conversation])
    #expect(encoded.examples.isEmpty)
    #expect(encoded.rejectionSummary?.contains("refuses the conversation: no system here") == true)
  }

  @Test("the texts of raw are templates themselves")
  func rawMarks() throws {
    let encoder = ExampleEncoder(tokenizer: WordListTokenizer(), template: .raw)
    let encoded = try encoder.encode(
      Example(instruction: "<|im_start|>x<|im_end|>", response: "<|im_end|>"))
    #expect(encoded.tokens.filter { $0 <= 2 } == [1, 2, 2, 2])
  }
}
