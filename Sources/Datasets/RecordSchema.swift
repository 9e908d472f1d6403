import Bytes

/// What the records of a file are, as its first record shows.
///
/// | in this order | needs |
/// |---|---|
/// | a conversation | `messages` |
/// | multiple choice | `instruction`, `options` (or keys A, B, …), `answer` |
/// | an instruction | `instruction`, `response` |
/// | a labelled sentence | `sentence`, `label` |
/// | running text | `text` |
///
/// The names are those of ``Column``, each of which may have several keys.
struct RecordSchema {
  /// What an example is made of.
  enum Form: CaseIterable {
    case conversation, choice, instruction, labelled, text

    var needed: [Column] {
      switch self {
      case .conversation: [.messages]
      case .choice: [.instruction, .answer]
      case .instruction: [.instruction, .response]
      case .labelled: [.sentence, .label]
      case .text: [.text]
      }
    }

    /// The columns that a record may lack.
    var optional: [Column] {
      switch self {
      case .conversation: [.system]
      case .choice: [.context, .system, .options]
      case .instruction: [.context, .system, .options]
      case .labelled, .text: []
      }
    }
  }

  let form: Form
  /// The keys of what every record must have.
  let needed: [Column: String]
  /// The keys that the user has named.
  private let named: [Column: String]

  /// Returns what `first` is: the first form that fits and has a place for all columns of `named`.
  static func recognise(_ first: JSONObject, named: [Column: String]) -> RecordSchema? {
    for form in Form.allCases {
      let columns = form.needed + form.optional
      guard named.keys.allSatisfy(columns.contains) else { continue }
      var needed: [Column: String] = [:]
      for column in form.needed {
        let keys = named[column].map { [$0] } ?? column.keys
        needed[column] = keys.first { first.has($0) && !needed.values.contains($0) }
      }
      let schema = RecordSchema(form: form, needed: needed, named: named)
      if needed.count == form.needed.count, schema.hasOptions(first) { return schema }
    }
    return nil
  }

  private init(form: Form, needed: [Column: String], named: [Column: String]) {
    self.form = form
    self.needed = needed
    self.named = named
  }

  /// Whether a record has the options that multiple choice needs; a `response` says itself what is
  /// right.
  private func hasOptions(_ record: JSONObject) -> Bool {
    guard form == .choice else { return true }
    guard named[.answer] != nil || !record.has("response") else { return false }
    return key(of: .options, in: record) != nil || !optionLetters(in: record).isEmpty
  }

  /// Returns the key of a column that a record may lack, or `nil` if it does.
  func key(of column: Column, in record: JSONObject) -> String? {
    (named[column].map { [$0] } ?? column.keys).first {
      record.hasValue($0) && !needed.values.contains($0)
    }
  }

  /// Returns the keys A, B, … of a record, as far as they follow each other; none if there is but
  /// one.
  func optionLetters(in record: JSONObject) -> [String] {
    let letters = (0..<26).map { String(UnicodeScalar(UInt8(ascii: "A") + $0)) }
      .prefix { record.hasValue($0) }
    return letters.count < 2 ? [] : Array(letters)
  }

  /// The form and the needed keys, for comparisons.
  var identity: String {
    "\(form) \(needed.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value))"
  }

  /// What such records are called, of which these keys were read.
  func name(usedKeys: Set<UTF8Text>) -> String {
    switch form {
    case .conversation: needed[.messages] == "messages" ? "messages" : "ShareGPT"
    case .choice: "multiple choice"
    case .labelled: "labelled sentences"
    case .text: "text"
    case .instruction:
      switch (needed[.instruction], needed[.response]) {
      case ("instruction", "response") where !usedKeys.contains("input"): "Dolly"
      case ("instruction", "output") where !usedKeys.contains("context"): "Alpaca"
      case (let instruction?, let response?): "\(clipped(instruction)) and \(clipped(response))"
      default: "instructions"
      }
    }
  }
}
