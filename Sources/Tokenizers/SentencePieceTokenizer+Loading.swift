// How either kind of file says which SentencePiece tokenizer it means.

internal import Bytes

extension TokenTable {
  /// Finds the tokens `<0x00>` to `<0xFF>` and marks them as bytes.
  ///
  /// - Throws: ``TokenizerError/missing(file:field:)`` if one is missing.
  mutating func markByteTokens() throws(TokenizerError) -> [Int32] {
    var ids: [Int32] = []
    for byte in UInt8.min...UInt8.max {
      let digits = String(byte, radix: 16, uppercase: true)
      let token = byte < 16 ? "<0x0\(digits)>" : "<0x\(digits)>"
      guard let id = pieces.id(of: token) else {
        throw .missing(file: file, field: "token \(token)")
      }
      pieces.setKind(.byte, of: id)
      ids.append(id)
    }
    return ids
  }
}

extension TokenizerVocabulary {
  /// The order in which merges into each token come: the best score has the lowest rank.
  func makeRanks() throws(TokenizerError) -> [UInt32] {
    let field = "tokenizer.ggml.scores"
    guard scores.count == tokens.count else {
      throw .invalid(
        file: file, field: field, found: "\(scores.count) scores",
        expected: "one for each of \(tokens.count) tokens")
    }
    if let index = scores.firstIndex(where: \.isNaN) {
      throw .invalid(file: file, field: "\(field)[\(index)]", found: "nan", expected: "a number")
    }
    return scores.map(rank)
  }

  /// An integer that falls as the score rises; adding zero makes both zeros one.
  private func rank(_ score: Float) -> UInt32 {
    let bits = (score + 0).bitPattern
    return score < 0 ? bits : ~(bits | 0x8000_0000)
  }
}

extension TokenizerFile {
  /// The rewriting of spaces that normalizer, pre-tokenizer and decoder describe together.
  func makeSpacing() throws(TokenizerError) -> Spacing {
    try checkModel()
    let strips = try decoderStripsSpace()
    if preTokenizer == .null {
      return Spacing(
        prefix: try normalizerPrefix(), stripsLeadingSpace: strips, isNormalizer: true)
    }
    guard normalizer == .null else {
      throw unsupported("normalizer", normalizer, supported: "none beside a pre-tokenizer")
    }
    return Spacing(prefix: try metaspacePrefix(), stripsLeadingSpace: strips)
  }

  private func normalizerPrefix() throws(TokenizerError) -> Spacing.Prefix {
    var parts = parts(of: normalizer, named: "normalizers")
    guard let last = parts.popLast(), replaces(last, " ", by: "▁") else {
      throw unsupported("normalizer", normalizer, supported: "'Replace' of spaces by '▁'")
    }
    if parts.isEmpty { return .never }
    guard parts.count == 1, parts[0]["type"]?.text == "Prepend",
      parts[0]["prepend"]?.text == "▁"
    else { throw unsupported("normalizer", parts[0], supported: "'Prepend' of '▁'") }
    return .always
  }

  private func metaspacePrefix() throws(TokenizerError) -> Spacing.Prefix {
    guard preTokenizer["type"]?.text == "Metaspace",
      preTokenizer["replacement"]?.text == "▁", preTokenizer["split"] == .bool(false)
    else {
      throw unsupported("pre_tokenizer", preTokenizer, supported: "'Metaspace' that does not split")
    }
    let scheme = preTokenizer["prepend_scheme"] ?? .null
    switch scheme.text {
    case "always": return .unlessPresent
    case "first": return .onceUnlessPresent
    case "never": return .never
    default:
      throw unsupported(
        "pre_tokenizer.prepend_scheme", scheme, supported: "'always', 'first' or 'never'")
    }
  }

  private func decoderStripsSpace() throws(TokenizerError) -> Bool {
    let parts = parts(of: decoder, named: "decoders")
    let types = parts.map { $0["type"]?.text }
    guard types.starts(with: ["Replace", "ByteFallback", "Fuse"]), replaces(parts[0], "▁", by: " "),
      parts.count == 3 || parts.count == 4 && stripsOneSpace(parts[3])
    else {
      throw unsupported(
        "decoder", decoder, supported: "a sequence of 'Replace', 'ByteFallback', 'Fuse', 'Strip'")
    }
    return parts.count > 3
  }

  private func stripsOneSpace(_ part: JSON) -> Bool {
    part.object?.count == 4 && part["type"]?.text == "Strip" && part["content"]?.text == " "
      && part["start"]?.integer == 1 && part["stop"]?.integer == 0
  }

  private func replaces(_ part: JSON, _ pattern: UTF8Text, by content: UTF8Text) -> Bool {
    part["type"]?.text == "Replace" && part["content"]?.text == content
      && part["pattern"]?["String"]?.text == pattern
  }
}
