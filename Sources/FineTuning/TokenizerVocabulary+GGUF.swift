internal import Bytes
internal import Tokenizers
internal import Weights

extension TokenizerVocabulary {
  /// Reads the vocabulary in the metadata of the GGUF file `file`.
  ///
  /// - Throws: ``TokenizerError`` if a key is missing or has another type.
  init(_ metadata: GGUFMetadata, file: String) throws(TokenizerError) {
    func key(_ name: String) -> String { "tokenizer.ggml." + name }
    func token(_ name: String) -> Int32? {
      metadata.integer(key(name)).map { Int32(clamping: $0) }
    }
    guard let model = metadata.string(key("model")) else {
      throw .missing(file: file, field: key("model"))
    }
    self.init(
      file: file, model: model, tokens: try strings(metadata, key("tokens"), file) ?? [],
      types: metadata.array(key("token_type"))?.integers()?.map { Int32(clamping: $0) } ?? [],
      beginToken: token("bos_token_id"), endToken: token("eos_token_id"))
    merges = try strings(metadata, key("merges"), file) ?? []
    scores = metadata.array(key("scores"))?.floats()?.map(Float.init) ?? []
    preTokenizer = metadata.string(key("pre"))
    modelName = metadata.string("general.name")
    otherEndTokens = [token("eot_token_id"), token("eom_token_id")].compactMap(\.self)
    unknownToken = token("unknown_token_id")
    addsBeginToken = metadata.bool(key("add_bos_token"))
    addsEndToken = metadata.bool(key("add_eos_token"))
    removesExtraSpaces = metadata.bool(key("remove_extra_whitespaces"))
    characterMap = metadata.array(key("precompiled_charsmap"))?.integers()?
      .map { UInt8(truncatingIfNeeded: $0) }
    addsSpacePrefix = metadata.bool(key("add_space_prefix"))
  }
}

extension TokenizerVocabulary {
  /// The metadata of a GGUF file with this vocabulary.
  var ggufFields: [(key: String, value: GGUFField)] {
    var fields: [(key: String, value: GGUFField)] = [("model", .text(model))]
    if let preTokenizer { fields.append(("pre", .text(preTokenizer))) }
    fields += [
      ("tokens", .texts(tokens)), ("token_type", .integers(types)), ("merges", .texts(merges)),
    ]
    for (key, token) in [("bos_token_id", beginToken), ("eos_token_id", endToken)] {
      if let token { fields.append((key, .unsigned(UInt32(token)))) }
    }
    for (key, token) in zip(["eot_token_id", "eom_token_id"], otherEndTokens) {
      fields.append((key, .unsigned(UInt32(token))))
    }
    if let addsBeginToken { fields.append(("add_bos_token", .bool(addsBeginToken))) }
    return fields.map { ("tokenizer.ggml." + $0.key, $0.value) }
  }
}

/// Returns the strings of `key`, or `nil` if there is no such key.
private func strings(
  _ metadata: GGUFMetadata, _ key: String, _ file: String
) throws(TokenizerError) -> [String]? {
  guard let array = metadata.array(key) else { return nil }
  guard let slices = array.strings() else {
    throw .invalid(
      file: file, field: key, found: "an array of another type", expected: "an array of strings")
  }
  var strings: [String] = []
  strings.reserveCapacity(array.count)
  for slice in slices {
    guard let string = slice.string else {
      throw .invalid(
        file: file, field: "\(key)[\(strings.count)]", found: "bytes that are not UTF-8",
        expected: "text")
    }
    strings.append(string)
  }
  return strings
}
