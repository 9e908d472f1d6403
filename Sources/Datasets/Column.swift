/// What a key of a record, or a column of a table, means.
public enum Column: String, CaseIterable, Sendable {
  /// A conversation: a list of turns.
  case messages
  /// What the model is asked to do.
  case instruction
  /// What the instruction is about.
  case context
  /// The wanted answer.
  case response
  /// The rules that stand before everything else.
  case system
  /// The answers to choose from.
  case options
  /// Which of them is right: its text, its number from 0 on, or its letter.
  case answer
  /// A sentence that has a label.
  case sentence
  /// The label of a sentence.
  case label
  /// Running text.
  case text

  /// The keys that are known to mean this, the first that a record has counts; with a small or a
  /// capital first letter, as the headers of tables often have it.
  var keys: [String] { Self.allKeys[self] ?? [] }

  private static let allKeys = Dictionary(
    uniqueKeysWithValues: allCases.map { column in
      let names = column.names
      return (column, names + names.map { $0.prefix(1).uppercased() + $0.dropFirst() })
    })

  private var names: [String] {
    switch self {
    case .messages: ["messages", "conversations", "conversation"]
    case .instruction:
      ["instruction", "prompt", "question", "query", "problem", "ctx", "inputs", "input"]
    case .context: ["context", "input", "passage"]
    case .response: ["response", "output", "completion", "answer", "solution", "targets"]
    case .system: ["system", "system_prompt"]
    case .options: ["options", "choices", "endings"]
    case .answer:
      [
        "answer", "answerKey", "answer_key", "answer_idx", "answer_index", "label", "gold",
        "correct", "target",
      ]
    case .sentence: ["sentence", "text"]
    case .label: ["label"]
    case .text: ["text"]
    }
  }

  /// Reads `instruction=question,response=answer`: the keys that the columns have.
  ///
  /// - Throws: ``ColumnError``.
  public static func parse(_ text: String) throws(ColumnError) -> [Column: String] {
    var keys: [Column: String] = [:]
    for pair in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[1].isEmpty, let column = Column(rawValue: String(sides[0])),
        keys.updateValue(String(sides[1]), forKey: column) == nil
      else { throw ColumnError(found: String(pair)) }
    }
    return keys
  }
}

/// A text that does not say which keys the columns have.
public struct ColumnError: Error, Equatable, CustomStringConvertible {
  let found: String

  /// What is wrong and what is expected.
  public var description: String {
    """
    '\(clipped(found))' is not COLUMN=KEY with another column each time; the columns are \
    \(Column.allCases.map(\.rawValue).joined(separator: ", ")), for example \
    instruction=question,response=answer
    """
  }
}
