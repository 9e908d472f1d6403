import Datasets
import Testing
import Tokenizers

@Suite("PromptTemplate")
struct PromptTemplateTests {
  static let plain = Example(
    instruction: "Which is a species of fish? Tope or Rope", response: "Tope")
  static let withContext = Example(instruction: "Sort.", context: "b\na", response: "a, b")

  /// The tokens of SmolLM2's reference losses, decoded, for Dolly's second record.
  static let referencePrompt = """
    Below is an instruction that describes a task. Write a response that appropriately completes \
    the request.

    ### Instruction:
    Which is a species of fish? Tope or Rope

    ### Response:
    """

  /// FedKSeed's reference code, `utils_data/llm_dataset.py`.
  static let shortPrompt = """
    Below is an instruction that describes a task. Write a response for the task request.

    ### Instruction:
    Which is a species of fish? Tope or Rope

    ### Response:
    """

  static let contextPrompt = """
    Below is an instruction that describes a task, paired with an input that provides further \
    context. Write a response that appropriately completes the request.

    ### Instruction:
    Sort.

    ### Input:
    b
    a

    ### Response:
    """

  @Test(
    "the texts are those of the public templates",
    arguments: [
      (PromptTemplate.alpaca, plain, referencePrompt, " Tope"),
      (.alpacaJoined, plain, referencePrompt, "Tope"),
      (.alpaca, withContext, contextPrompt, " a, b"),
      (.alpacaShort, plain, shortPrompt, "Tope"),
      (.raw, plain, plain.instruction, " Tope"),
      (.raw, withContext, "Sort.\nb\na", " a, b"),
      (
        .chatml, withContext,
        "<|im_start|>user\nSort.\nb\na<|im_end|>\n<|im_start|>assistant\n", "a, b"
      ),
    ])
  func rendersText(
    template: PromptTemplate, example: Example, prompt: String, continuation: String
  ) {
    let exchanges = template.exchanges(of: example)
    #expect(exchanges.map(\.prompt.string) == [prompt])
    #expect(
      exchanges.map(\.continuation.string) == [continuation]
        && exchanges[0].close == MarkedText())
  }

  static let conversation = Example(turns: [
    Turn(.system, "Be brief."), Turn(.user, "1+1?"), Turn(.assistant, "2"),
    Turn(.user, "Sort.", context: "b a"), Turn(.assistant, "a b"),
  ])

  @Test(
    "a conversation is cut behind each answer",
    arguments: [
      (
        PromptTemplate.alpaca,
        "Be brief.\n\n### Instruction:\n1+1?\n\n### Response:",
        "\n\n### Instruction:\nSort.\n\n### Input:\nb a\n\n### Response:"
      ),
      (.raw, "Be brief.\n1+1?", "\nSort.\nb a"),
      (
        .chatml,
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n1+1?<|im_end|>\n"
          + "<|im_start|>assistant\n",
        "\n<|im_start|>user\nSort.\nb a<|im_end|>\n<|im_start|>assistant\n"
      ),
    ])
  func rendersConversation(template: PromptTemplate, first: String, second: String) {
    let exchanges = template.exchanges(of: Self.conversation)
    #expect(exchanges.map(\.prompt.string) == [first, second])
    let space = template == .chatml ? "" : " "
    #expect(exchanges.map(\.continuation.string) == [space + "2", space + "a b"])
    #expect(
      exchanges.map(\.close.string) == [template == .chatml ? "<|im_end|>" : "", ""])
  }

  @Test("answers without a request, and several requests before one, are kept in their order")
  func irregularTurns() {
    let example = Example(turns: [
      Turn(.assistant, "Hi"), Turn(.user, "a"), Turn(.user, "b"), Turn(.assistant, "c"),
    ])
    #expect(
      PromptTemplate.raw.exchanges(of: example).map { $0.prompt.string + $0.continuation.string }
        == [" Hi", "\na\nb c"])
  }

  @Test(
    "the spellings are stable",
    arguments: ["alpaca", "alpaca-joined", "alpaca-short", "chatml", "model", "raw"])
  func spellings(name: String) {
    #expect(PromptTemplate(rawValue: name)?.rawValue == name)
  }
}
