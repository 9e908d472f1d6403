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

  /// The instruction, a line break and the context if there is one, a space, the response.
  case raw

  /// Returns a conversation cut behind each answer: what stands before it, and the answer.
  ///
  /// | | a system turn | a later request |
  /// |---|---|---|
  /// | Alpaca's | replaces the sentences before `### Instruction:` | a blank line, then a block without those sentences |
  /// | `chatml` | a turn marked as such | a turn marked as such |
  /// | `raw` | a line before the instruction | a line break before it |
  ///
  /// An answer is closed by the end token, which ``ExampleEncoder`` adds, but one inside of a `chatml`
  /// conversation by `<|im_end|>`.
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
          continuation: separator + turn.content,
          close: self == .chatml ? [.special("<|im_end|>")] : []))
      requests = []
    }
    exchanges[exchanges.count - 1].close = []
    return exchanges
  }

  /// What stands between a prompt and its answer.
  private var separator: String {
    switch self {
    case .alpaca, .raw: " "
    case .alpacaJoined, .alpacaShort, .chatml: ""
    }
  }

  /// Returns what stands before an answer: the turns since the one before it.
  private func prompt(_ turns: [Turn], isFirst: Bool) -> Prompt {
    switch self {
    case .alpaca, .alpacaJoined: Prompt(pieces: [.text(Self.alpacaText(turns, isFirst: isFirst))])
    case .alpacaShort:
      Prompt(pieces: [
        .text(
          Self.alpacaText(
            turns, isFirst: isFirst, request: "Write a response for the task request."))
      ])
    case .raw:
      Prompt(pieces: [
        .text((isFirst ? "" : "\n") + turns.map(\.text).joined(separator: "\n"))
      ])
    case .chatml:
      Prompt(
        pieces: (isFirst ? [] : [.text("\n")])
          + turns.flatMap { turn -> [Prompt.Piece] in
            [
              .special("<|im_start|>"), .text("\(turn.role.rawValue)\n\(turn.text)"),
              .special("<|im_end|>"), .text("\n"),
            ]
          } + [.special("<|im_start|>"), .text("assistant\n")])
    }
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
public struct Exchange: Equatable, Sendable {
  /// The text before the answer; of the first it is the prompt of the conversation.
  public var prompt: Prompt

  /// The answer, the separator before it included.
  public var continuation: String

  /// What closes the answer; if nothing, the end token does.
  public var close: [Prompt.Piece] = []
}

/// The text before a response, cut where special tokens stand.
///
/// Only a template's own marks are special: `<|im_end|>` inside of an example is plain text and
/// cannot end a turn.
public struct Prompt: Equatable, Sendable {
  /// A part of a prompt.
  public enum Piece: Equatable, Sendable {
    /// Text that means what it says.
    case text(String)
    /// The text of one special token.
    case special(String)

    var string: String {
      switch self {
      case .text(let string), .special(let string): string
      }
    }
  }

  /// The parts in order; the last one is text.
  public let pieces: [Piece]

  /// The whole prompt as one text, for people.
  public var text: String {
    pieces.map(\.string).joined()
  }
}
