import Bytes

/// Conversations as lists of messages: `role` and `content` as chat services have them, or
/// ShareGPT's `from` and `value`.
enum Conversation {
  private static let roles: [UTF8Text: Turn.Role] = [
    "system": .system, "developer": .system, "user": .user, "human": .user,
    "assistant": .assistant, "gpt": .assistant, "chatgpt": .assistant, "bot": .assistant,
    "model": .assistant,
  ]

  /// Returns the turn that a message of a list is, and the keys it has besides.
  static func turn(_ message: JSONObject) throws(DatasetError) -> (Turn, unreadKeys: [UTF8Text]) {
    let roleKey = message.has("from") && !message.has("role") ? "from" : "role"
    let contentKey = message.has("value") && !message.has("content") ? "value" : "content"
    let turn = Turn(try role(of: message, roleKey), try content(of: message, contentKey))
    let used: Set<UTF8Text> = [UTF8Text(roleKey), UTF8Text(contentKey)]
    let unread = message.members.filter { !used.contains($0.key) && !$0.value.isEmpty }
    return (turn, unread.keys.sorted())
  }

  private static func role(
    of message: JSONObject, _ key: String
  ) throws(DatasetError) -> Turn.Role {
    let name = try message.string(key)
    guard let role = roles[UTF8Text(name)] else {
      throw message.wrongType(
        key, .string(name), expected: "system, user (human) or assistant (gpt)")
    }
    return role
  }

  /// Returns a text, or the texts of a list of parts one behind the other.
  private static func content(
    of message: JSONObject, _ key: String
  ) throws(DatasetError) -> String {
    guard try message.value(key).array != nil else { return try message.string(key) }
    var text = ""
    for part in try message.objects(key) {
      let type = try part.string("type")
      guard UTF8Text(type) == "text" else {
        throw part.wrongType("type", .string(type), expected: "\"text\", as nothing else is read")
      }
      text += try part.string("text")
    }
    return text
  }
}
