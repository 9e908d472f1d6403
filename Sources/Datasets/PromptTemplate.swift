public import Tokenizers

/// The text around an example, by which a model recognises what is asked of it.
///
/// A template turns an example into a prompt, which carries no label, and the response that
/// follows it, which does.
public enum PromptTemplate: String, CaseIterable, Codable, Sendable {
  /// Stanford Alpaca's template; a space separates the response from `### Response:`.
  ///
  /// The space keeps the response's first word the token it is in running text.
  case alpaca

  /// Stanford Alpaca's template with the response directly after the colon.
  ///
  /// This is what Alpaca's and FedKSeed's reference codes train on.
  case alpacaJoined = "alpaca-joined"

  /// Alpaca's template with a shorter request, as FedKSeed's reference code has it for Dolly-15K.
  ///
  /// The response stands directly after the colon.
  case alpacaShort = "alpaca-short"

  /// Turns marked by `<|im_start|>` and `<|im_end|>`, as SmolLM2-Instruct and Qwen2.5 expect.
  case chatml

  /// The chat template that the model carries with it.
  case model

  /// The instruction, a line break and the context if there is one, a space, the response.
  ///
  /// Whoever chooses it writes the template into the data: names of special tokens mean the tokens.
  case raw

  /// Returns a conversation cut behind each answer: what stands before it, and the answer.
  ///
  /// | | a system turn | a later request |
  /// |---|---|---|
  /// | Alpaca's | replaces the sentences before `### Instruction:` | a blank line, then a block without those sentences |
  /// | `chatml` | a turn marked as such | a turn marked as such |
  /// | `raw` | a line before the instruction | a line break before it |
  ///
  /// An answer is closed by the end token, which ``ExampleEncoder`` adds, but one inside of a
  /// `chatml` conversation by `<|im_end|>`.
  ///
  /// - Precondition: This is not ``model``, whose texts a `ChatTemplate` makes.
  public func exchanges(of example: Example) -> [Exchange] {
    var exchanges: [Exchange] = []
    var requests: [Turn] = []
    for turn in example.turns {
      guard turn.role == .assistant else {
        requests.append(turn)
        continue
      }
      exchanges.append(
        Exchange(
          prompt: prompt(requests, isFirst: exchanges.isEmpty),
          continuation: MarkedText(separator + turn.content, areMarks: self == .raw),
          close: MarkedText(self == .chatml ? "<|im_end|>" : "", areMarks: true)))
      requests = []
    }
    exchanges[exchanges.count - 1].close = MarkedText()
    return exchanges
  }

  /// What stands between a prompt and its answer.
  var separator: String {
    switch self {
    case .alpaca, .raw: " "
    case .alpacaJoined, .alpacaShort, .chatml, .model: ""
    }
  }

  /// Returns what stands before an answer: the turns since the one before it.
  private func prompt(_ turns: [Turn], isFirst: Bool) -> MarkedText {
    switch self {
    case .alpaca, .alpacaJoined:
      return MarkedText(Self.alpacaText(turns, isFirst: isFirst), areMarks: false)
    case .alpacaShort:
      let request = "Write a response for the task request."
      return MarkedText(
        Self.alpacaText(turns, isFirst: isFirst, request: request), areMarks: false)
    case .raw:
      let text = (isFirst ? "" : "\n") + turns.map(\.text).joined(separator: "\n")
      return MarkedText(text, areMarks: true)
    case .chatml: return Self.chatMarkup(turns, isFirst: isFirst)
    case .model: preconditionFailure("the model's template is no text of this program")
    }
  }

  private static func chatMarkup(_ turns: [Turn], isFirst: Bool) -> MarkedText {
    var text = MarkedText(isFirst ? "" : "\n", areMarks: false)
    for turn in turns {
      text.append("<|im_start|>", areMarks: true)
      text.append("\(turn.role.rawValue)\n\(turn.text)", areMarks: false)
      text.append("<|im_end|>", areMarks: true)
      text.append("\n", areMarks: false)
    }
    text.append("<|im_start|>", areMarks: true)
    text.append("assistant\n", areMarks: false)
    return text
  }

  /// Source: `tatsu-lab/stanford_alpaca`, `train.py`, which has one request.
  private static func alpacaText(
    _ turns: [Turn], isFirst: Bool,
    request: String = "Write a response that appropriately completes the request."
  ) -> String {
    let task = "Below is an instruction that describes a task"
    let pairing = ", paired with an input that provides further context"
    let requests = turns.filter { $0.role == .user }
    let rules = turns.filter { $0.role == .system }.map(\.content)
    let hasInput = requests.contains { !$0.context.isEmpty }
    let preamble = isFirst ? ["\(task)\(hasInput ? pairing : ""). \(request)"] : []
    let blocks = requests.map { request in
      """
      ### Instruction:
      \(request.content)\(request.context.isEmpty ? "" : "\n\n### Input:\n" + request.context)
      """
    }
    let parts = (rules.isEmpty ? preamble : rules) + blocks + ["### Response:"]
    return (isFirst ? "" : "\n\n") + parts.joined(separator: "\n\n")
  }
}

/// An answer of a conversation, and what stands between it and the one before.
///
/// Only what a template writes is special: `<|im_end|>` inside of an example is plain text and
/// cannot end a turn. The examples of ``PromptTemplate/raw`` are templates themselves.
public struct Exchange: Equatable, Sendable {
  /// The text before the answer; of the first it is the prompt of the conversation.
  public var prompt: MarkedText

  /// The answer, the separator before it included.
  public var continuation: MarkedText

  /// What closes the answer; if nothing, the end token does.
  public var close = MarkedText()
}
