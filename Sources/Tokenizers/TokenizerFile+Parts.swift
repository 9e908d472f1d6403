// What the parts of a `tokenizer.json` ask for, where it does not depend on the algorithm.

internal import Bytes

extension TokenizerFile {
  /// The tokens by id, with begin and end tokens as the files name them.
  func makeTable() throws(TokenizerError) -> TokenTable {
    var pieces = pieces
    for token in addedTokens {
      pieces.assign(
        token.content, kind: token.isSpecial ? .control : .userDefined, to: Int(token.id))
    }
    pieces.buildIndex()
    let template = try templateBeginToken(of: postProcessor)
    let begin = name(of: configuration["bos_token"]) ?? template
    let end = name(of: configuration["eos_token"])
    return TokenTable(
      file: file, pieces: pieces, added: addedTokens,
      beginToken: try id(ofToken: begin, or: modelBeginToken, in: pieces, field: "bos_token"),
      endToken: try id(ofToken: end, or: modelEndToken, in: pieces, field: "eos_token"),
      addsBeginToken: configuration["add_bos_token"]?.bool ?? (template != nil))
  }

  /// Checks settings of the model that change what encoding does.
  func checkModel() throws(TokenizerError) {
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      let value = modelSettings[UTF8Text(name)] ?? .null
      guard value == .null || value.text == "" else {
        throw unsupported("model.\(name)", value, supported: "none")
      }
    }
  }

  /// The error that part of the file asks for something else than what is supported.
  func unsupported(
    _ field: String, _ value: JSON, supported: String
  ) -> TokenizerError {
    .unsupported(file: file, field: field, found: summary(of: value), supported: supported)
  }

  /// The parts of a sequence, or the value itself if it is none.
  func parts(of value: JSON, named name: String) -> [JSON] {
    if value == .null { return [] }
    guard value["type"]?.text == "Sequence" else { return [value] }
    return value[name]?.array ?? [value]
  }

  /// A token's name, spelled as text or as an object with its content.
  private func name(of value: JSON?) -> String? {
    value?.string ?? value?["content"]?.string
  }

  /// Returns the id of the token called `name` or, without a name, `modelID`.
  ///
  /// - Throws: ``TokenizerError`` if the vocabulary has no such token.
  private func id(
    ofToken name: String?, or modelID: Int32?, in pieces: PieceTable, field: String
  ) throws(TokenizerError) -> Int32? {
    guard let name else { return try checked(modelID, in: pieces, field: field + "_id") }
    guard let id = pieces.id(of: name) else {
      throw .invalid(
        file: file, field: field, found: excerpt(name), expected: "a token of the vocabulary")
    }
    return id
  }

  private func checked(
    _ id: Int32?, in pieces: PieceTable, field: String
  ) throws(TokenizerError) -> Int32? {
    guard let id, id < 0 || Int(id) >= pieces.count else { return id }
    throw .invalid(
      file: file, field: "\(field) of config.json", found: "\(id)",
      expected: "the id of one of \(pieces.count) tokens")
  }

  /// The token that a template puts before the text.
  private func templateBeginToken(of processor: JSON) throws(TokenizerError) -> String? {
    var begin: String?
    for part in parts(of: processor, named: "processors") {
      switch part["type"]?.text {
      case "ByteLevel": continue
      case "TemplateProcessing":
        begin = part["single"]?.array?.first?["SpecialToken"]?["id"]?.string ?? begin
      default:
        throw unsupported("post_processor", part, supported: "'ByteLevel' or 'TemplateProcessing'")
      }
    }
    return begin
  }
}

/// Returns what a value of the file is, in a few words for an error: a part by its type.
func summary(of value: JSON) -> String {
  value.string.map(excerpt) ?? value["type"]?.string.map(excerpt) ?? value.summary
}
