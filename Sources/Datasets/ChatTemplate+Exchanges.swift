internal import ChatTemplates
internal import Tokenizers

// A conversation in the words of the model's own chat template, cut behind each answer.

extension ChatTemplate {
  /// Returns what stands before each answer, the answer, and what the template closes it with.
  ///
  /// The prompt is what the template writes before an answer is generated; the answer what it
  /// writes then, up to the first of `ends`, the names of the tokens that end an answer. Where a
  /// template writes earlier turns otherwise than it wrote them when they were the last, only the
  /// last answer is one.
  ///
  /// - Throws: ``ChatTemplateError`` if the template refuses the conversation.
  func exchanges(
    of example: Example, endedBy ends: [String]
  ) throws(ChatTemplateError) -> [Exchange] {
    let messages = example.turns.map(\.message)
    let whole = try text(messages, asksForAnswer: false)
    var exchanges: [Exchange] = []
    var position = 0
    for (index, turn) in example.turns.enumerated() where turn.role == .assistant {
      let isLast = index == messages.count - 1
      let prompt = try text(Array(messages[..<index]), asksForAnswer: true)
      let answered = isLast ? whole : try text(Array(messages[...index]), asksForAnswer: false)
      guard let end = answered.end(after: prompt, ends) else {
        if isLast { return [whole.answer(to: prompt, ends)] }
        continue
      }
      guard prompt.utf8.count >= position, whole.utf8.starts(with: answered.utf8[..<end.upperBound])
      else { continue }
      exchanges.append(
        Exchange(
          prompt: whole[position..<prompt.utf8.count],
          continuation: whole[prompt.utf8.count..<end.lowerBound],
          close: whole[end.lowerBound..<end.upperBound]))
      position = end.upperBound
    }
    return exchanges
  }

  /// Returns what the template writes before the last answer.
  ///
  /// - Throws: ``ChatTemplateError`` if the template refuses the conversation.
  func prompt(of example: Example) throws(ChatTemplateError) -> MarkedText {
    try text(example.turns.dropLast().map(\.message), asksForAnswer: true)
  }

  private func text(
    _ messages: [ChatMessage], asksForAnswer: Bool
  ) throws(ChatTemplateError) -> MarkedText {
    var text = MarkedText()
    for part in try render(messages, addsGenerationPrompt: asksForAnswer) {
      text.append(part.text, areMarks: !part.isContent)
    }
    return text
  }
}

extension Turn {
  fileprivate var message: ChatMessage { ChatMessage(role: role.rawValue, content: text) }
}

extension MarkedText {
  /// Where the end of an answer stands in a text that begins with its prompt, empty and at the end
  /// if the template writes none; `nil` if the text begins otherwise.
  fileprivate func end(after prompt: MarkedText, _ ends: [String]) -> Range<Int>? {
    guard utf8.starts(with: prompt.utf8) else { return nil }
    return firstEnd(ends, from: prompt.utf8.count) ?? utf8.count..<utf8.count
  }

  private func firstEnd(_ ends: [String], from start: Int) -> Range<Int>? {
    ends.compactMap { firstMark($0, from: start) }.min { $0.lowerBound < $1.lowerBound }
  }

  /// The last words of somebody in a text, and what closes them, behind a prompt that this text
  /// does not begin with.
  fileprivate func answer(to prompt: MarkedText, _ ends: [String]) -> Exchange {
    var (start, position) = (utf8.count, 0)
    for part in parts {
      if !part.areMarks { start = position }
      position += part.text.utf8.count
    }
    let end = firstEnd(ends, from: start) ?? utf8.count..<utf8.count
    return Exchange(prompt: prompt, continuation: self[start..<end.lowerBound], close: self[end])
  }
}
