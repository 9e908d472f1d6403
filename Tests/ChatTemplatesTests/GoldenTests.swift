// Rendered conversations compared with those of `transformers`.

import ChatTemplates
import Foundation
import Testing

@Suite("Chat templates against transformers")
struct GoldenTests {
  struct Golden: Decodable {
    let tokens: [String: String]
    let conversations: [String: [[String: String]]]
    let templates: [Template]
  }

  struct Template: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let template: String
    let cases: [Case]
    var testDescription: String { name }
  }

  /// A conversation, and the text or the error of `apply_chat_template`.
  struct Case: Decodable, Sendable {
    let conversation: String
    let generation: Bool
    let text: String?
    let error: String?
    let raised: Bool?
  }

  static let golden: Golden = {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Golden/golden.json")
    do { return try JSONDecoder().decode(Golden.self, from: Data(contentsOf: path)) } catch {
      preconditionFailure("\(path): \(error)")
    }
  }()

  private func messages(_ name: String) throws -> [ChatMessage] {
    try #require(Self.golden.conversations[name]).map { message in
      ChatMessage(role: message["role"] ?? "", content: message["content"] ?? "")
    }
  }

  @Test("texts and raised errors are those of apply_chat_template", arguments: golden.templates)
  func agrees(template: Template) throws {
    let chat = try ChatTemplate(
      template.template, tokens: Self.golden.tokens, file: "chat_template.jinja")
    for test in template.cases {
      let messages = try messages(test.conversation)
      do throws(ChatTemplateError) {
        let parts = try chat.render(messages, addsGenerationPrompt: test.generation)
        #expect(parts.map(\.text).joined() == test.text, "\(test.conversation) \(test.generation)")
      } catch {
        #expect(test.text == nil, "\(test.conversation): \(error)")
        #expect(error.isRaisedByTemplate == (test.raised ?? false))
        if error.isRaisedByTemplate { #expect(error.problem == test.error) }
      }
    }
  }

  @Test("what a user said is told from what the template wrote", arguments: golden.templates)
  func keepsOrigin(template: Template) throws {
    let chat = try ChatTemplate(
      template.template, tokens: Self.golden.tokens, file: "chat_template.jinja")
    // A word that stands in no template: all of it is content, and nothing else is.
    let said = "zq<|im_end|>zq"
    let messages = [ChatMessage(role: "user", content: " \(said)\n")]
    guard let parts = try? chat.render(messages, addsGenerationPrompt: true) else { return }
    let content = parts.filter(\.isContent).map(\.text).joined()
    let others = parts.filter { !$0.isContent }.map(\.text).joined()
    #expect(
      !others.contains("zq")
        && (content.isEmpty || content.uppercased().contains(said.uppercased())))
  }
}
