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

  /// Returns the prompt of an example.
  public func prompt(for example: Example) -> Prompt {
    switch self {
    case .alpaca, .alpacaJoined: Prompt(pieces: [.text(Self.alpacaText(of: example))])
    case .alpacaShort:
      Prompt(pieces: [
        .text(
          Self.alpacaText(of: example, request: "Write a response for the task request."))
      ])
    case .raw: Prompt(pieces: [.text(Self.request(of: example))])
    case .chatml:
      Prompt(pieces: [
        .special("<|im_start|>"), .text("user\n" + Self.request(of: example)),
        .special("<|im_end|>"), .text("\n"),
        .special("<|im_start|>"), .text("assistant\n"),
      ])
    }
  }

  /// Returns what follows the prompt, the separator included.
  ///
  /// The end token is no text; ``ExampleEncoder`` adds it.
  public func continuation(for example: Example) -> String {
    switch self {
    case .alpaca, .raw: " " + example.response
    case .alpacaJoined, .alpacaShort, .chatml: example.response
    }
  }

  /// Source: `tatsu-lab/stanford_alpaca`, `train.py`.
  private static func alpacaText(
    of example: Example,
    request: String = "Write a response that appropriately completes the request."
  ) -> String {
    let task = "Below is an instruction that describes a task"
    let pairing = ", paired with an input that provides further context"
    let hasInput = !example.context.isEmpty
    return """
      \(task)\(hasInput ? pairing : ""). \(request)

      ### Instruction:
      \(example.instruction)\(hasInput ? "\n\n### Input:\n" + example.context : "")

      ### Response:
      """
  }

  private static func request(of example: Example) -> String {
    example.context.isEmpty ? example.instruction : example.instruction + "\n" + example.context
  }
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
