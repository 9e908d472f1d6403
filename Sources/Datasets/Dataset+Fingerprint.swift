import Bytes
import Crypto

extension Dataset {
  /// A SHA-256 of the examples, whatever file they came from, in hexadecimal.
  ///
  /// Hashed are the numbers of examples in both parts, and of each example the instruction, the
  /// context, the response, the category, and the number of options and the options. Of an example
  /// that is not one request and its answer, in place of the first three: −1, 1 for running text
  /// and else 0, the number of turns, and of each the role's name, the content and the context. A
  /// number is 8 bytes, little-endian; a text is its length in UTF-8 bytes as a number, and those
  /// bytes.
  ///
  /// - Complexity: O(bytes).
  public var fingerprint: String {
    var hasher = SHA256()
    for part in [examples, test] {
      hasher.update(part.count)
      for example in part { hasher.update(example) }
    }
    return hexadecimal(hasher.finalize())
  }

  /// The fingerprint that runs recorded before it had the options to choose from: the SHA-256 of
  /// Swift's debug description of the other fields.
  ///
  /// Only to recognise the data of such runs; it is not written any more. They knew requests and
  /// their answers only.
  package var descriptionFingerprint: String {
    guard (examples + test).allSatisfy(\.isExchange) else { return fingerprint }
    var parts = [("examples", examples)]
    if !test.isEmpty { parts.append(("test", test)) }
    var hasher = SHA256()
    for (name, examples) in parts {
      hasher.update(name)
      hasher.update(
        "\(examples.map { [$0.instruction, $0.context, $0.response, $0.category] })")
    }
    return hexadecimal(hasher.finalize())
  }
}

extension SHA256 {
  fileprivate mutating func update(_ example: Example) {
    if example.isExchange {
      for text in [example.instruction, example.context, example.response] { update(text) }
    } else {
      // No text has this length, so that no exchange is taken for a conversation.
      for number in [-1, example.isText ? 1 : 0, example.turns.count] { update(number) }
      for turn in example.turns { update(turn) }
    }
    update(example.category)
    update(example.options.count)
    for option in example.options { update(option) }
  }

  fileprivate mutating func update(_ turn: Turn) {
    for text in [turn.role.rawValue, turn.content, turn.context] { update(text) }
  }

  fileprivate mutating func update(_ text: String) {
    update(text.utf8.count)
    update(data: Array(text.utf8))
  }

  fileprivate mutating func update(_ number: Int) {
    update(data: (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
  }
}
