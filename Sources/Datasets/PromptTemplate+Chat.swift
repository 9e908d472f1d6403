internal import Tokenizers

extension PromptTemplate {
  /// Returns the text of a chat template, in Jinja, that makes the same text of a conversation; `nil` of
  /// ``model``, which is such a text already, and of ``raw``, whose texts are the data's own.
  ///
  /// So an exported model is asked in other programs as it was tuned. What follows a request with a
  /// context, which conversations do not have, is left out. A system turn stands at the start.
  ///
  /// - Parameters:
  ///   - begin: The name of the token that stands before all, or nothing.
  ///   - end: The name of the token that ends an answer, or nothing.
  public func chatTemplate(begin: String, end: String) -> String? {
    switch self {
    case .alpaca, .alpacaJoined, .alpacaShort: alpacaChat(begin, end)
    case .chatml:
      Self.literal(begin)
        + Self.loop(
          "{{ '<|im_start|>' + m['role'] + '\\n' + m['content'] + '<|im_end|>\\n' }}")
        + Self.opening("<|im_start|>assistant\\n")
    case .raw, .model: nil
    }
  }

  private func alpacaChat(_ begin: String, _ end: String) -> String {
    let exchange = exchanges(of: Example(instruction: "", response: ""))[0]
    let preamble = exchange.prompt.string.prefix { $0 != "\n" }
    let first =
      "{% if messages[0]['role'] != 'system' %}\(Self.literal(String(preamble))){% endif %}"
    return Self.literal(begin) + first
      + Self.loop(
        "{% if m['role'] == 'assistant' %}{{ '\\n\\n### Response:\(separator)' + m['content'] }}"
          + Self.literal(end)
          + "{% elif m['role'] == 'user' %}{{ '\\n\\n### Instruction:\\n' + m['content'] }}"
          + "{% else %}{{ ('' if loop.first else '\\n\\n') + m['content'] }}{% endif %}")
      + Self.opening("\\n\\n### Response:")
  }

  private static func loop(_ body: String) -> String {
    "{% for m in messages %}\(body){% endfor %}"
  }

  private static func opening(_ text: String) -> String {
    "{% if add_generation_prompt %}{{ '\(text)' }}{% endif %}"
  }

  /// Text that stands as it is: as an expression, since a template may hold any.
  private static func literal(_ text: String) -> String {
    guard !text.isEmpty else { return "" }
    let escaped = text.map { $0 == "'" || $0 == "\\" ? "\\\($0)" : String($0) }.joined()
    return "{{ '\(escaped)' }}"
  }
}
