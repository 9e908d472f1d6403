// The template that a model carries with it: Jinja, as `transformers` renders it.

/// A message of a conversation.
public struct ChatMessage: Equatable, Sendable {
  /// Who speaks: `system`, `user` or `assistant`.
  public var role: String
  /// What is said.
  public var content: String

  /// Creates a message.
  public init(role: String, content: String) {
    self.role = role
    self.content = content
  }
}

/// A part of a rendered conversation.
public struct ChatPart: Equatable, Sendable {
  /// The text; not empty.
  public let text: String
  /// Whether somebody said it; else the template wrote it.
  public let isContent: Bool
}

/// A chat template.
///
/// What it writes equals what `apply_chat_template` of `transformers` does, character by character;
/// and each character is known to be the template's own or to come from a message.
///
///     let template = try ChatTemplate(text, file: "chat_template.jinja")
///     let parts = try template.render(messages, addsGenerationPrompt: true)
public struct ChatTemplate: Sendable {
  private static let lengthLimit = 1 << 20

  /// The template as the model carries it.
  public let text: String
  private let file: String
  private let nodes: [TemplateNode]
  private let tokens: [String: String]

  /// Reads a template.
  ///
  /// - Parameters:
  /// - Throws: ``ChatTemplateError`` that names the line of what is wrong or not known here.
  public init(
    _ text: String, tokens: [String: String] = [:], file: String
  ) throws(ChatTemplateError) {
    self.text = text
    self.file = file
    self.tokens = tokens
    let fail = { ChatTemplateError(file: file, line: $0, problem: $1) }
    guard text.utf8.count <= Self.lengthLimit else {
      throw fail(1, "\(text.utf8.count) bytes are more than \(Self.lengthLimit)")
    }
    var parser = TemplateParser(try TemplateLexer.segments(of: text, fail), fail)
    nodes = try parser.template()
  }

  /// Renders a conversation.
  ///
  /// - Parameter addsGenerationPrompt: Whether the beginning of an answer follows.
  /// - Throws: ``ChatTemplateError`` if the template refuses the conversation or fails.
  public func render(
    _ messages: [ChatMessage], addsGenerationPrompt: Bool
  ) throws(ChatTemplateError) -> [ChatPart] {
    var variables: [String: TemplateValue] = [
      "messages": .list(messages.map(Self.value)),
      "add_generation_prompt": .bool(addsGenerationPrompt), "tools": .none, "documents": .none,
    ]
    for (name, token) in tokens { variables[name] = .text(token) }
    var renderer = TemplateRenderer(variables, file: file, now: .now)
    return Self.parts(of: try renderer.render(nodes))
  }

  private static func value(_ message: ChatMessage) -> TemplateValue {
    var value = TemplateDictionary()
    // A role is a word of the template, which often makes a mark of it.
    value["role"] = .text(message.role)
    value["content"] = .text(TemplateText(message.content, isContent: true))
    return .dictionary(value)
  }

  private static func parts(of text: TemplateText) -> [ChatPart] {
    var parts: [ChatPart] = []
    var scalars = String.UnicodeScalarView()
    var wasContent = false
    func flush() {
      if !scalars.isEmpty { parts.append(ChatPart(text: String(scalars), isContent: wasContent)) }
      scalars = String.UnicodeScalarView()
    }
    for unit in text.units {
      let isContent = TemplateText.isContent(unit)
      if isContent != wasContent { flush() }
      wasContent = isContent
      scalars.append(TemplateText.scalar(unit))
    }
    flush()
    return parts
  }
}
