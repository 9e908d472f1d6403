import Datasets
import Testing

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
    #expect(template.prompt(for: example).text == prompt)
    #expect(template.continuation(for: example) == continuation)
  }

  @Test(
    "the spellings are stable",
    arguments: ["alpaca", "alpaca-joined", "alpaca-short", "chatml", "raw"])
  func spellings(name: String) {
    #expect(PromptTemplate(rawValue: name)?.rawValue == name)
  }
}
