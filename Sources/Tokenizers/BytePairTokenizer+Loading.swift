// How either kind of file says which byte-level tokenizer it means.

internal import Bytes

extension TokenizerVocabulary {
  /// The pre-tokenizer that the file names; all of llama.cpp's other names mean other expressions.
  func makePreTokenizer() throws(TokenizerError) -> PreTokenizer {
    switch preTokenizer.map({ UTF8Text($0) }) {
    case "gpt-2": return PreTokenizer()
    case "smollm": return PreTokenizer(digits: .individual)
    case let name:
      throw .unsupported(
        file: file, field: "tokenizer.ggml.pre",
        found: name.map { excerpt($0.string) } ?? "missing",
        supported: "'gpt-2' or 'smollm'")
    }
  }

  /// The merges, by ids.
  func makeMerges(in pieces: PieceTable) throws(TokenizerError) -> PairTable {
    let field = "tokenizer.ggml.merges"
    var list = MergeList()
    for (index, merge) in merges.enumerated() {
      guard list.append(spaced: merge) else {
        throw .invalid(
          file: file, field: "\(field)[\(index)]", found: excerpt(merge),
          expected: "two tokens with a space between")
      }
    }
    return try list.resolved(in: pieces, file: file, field: field)
  }
}

extension TokenizerFile {
  /// The pre-tokenizer that the file describes.
  func makePreTokenizer() throws(TokenizerError) -> PreTokenizer {
    var result = PreTokenizer()
    var parts = parts(of: preTokenizer, named: "pretokenizers")
    // What follows would see the spelling of bytes, so `ByteLevel` has to be last.
    let last = parts.popLast() ?? .null
    guard last["type"]?.text == "ByteLevel" else {
      throw unsupported("pre_tokenizer", last, supported: "'ByteLevel' as the last part")
    }
    result.addsPrefixSpace = last["add_prefix_space"]?.bool ?? true
    result.splitsWords = last["use_regex"]?.bool ?? true
    for part in parts {
      guard part["type"]?.text == "Digits" else {
        throw unsupported("pre_tokenizer", part, supported: "'Digits' before 'ByteLevel'")
      }
      let isIndividual = part["individual_digits"]?.bool ?? false
      if isIndividual || result.digits == .none {
        result.digits = isIndividual ? .individual : .runs
      }
    }
    return result
  }

  /// Checks that the rest of the file describes a byte-level tokenizer, too.
  func checkByteLevel() throws(TokenizerError) {
    try checkModel()
    guard parts(of: normalizer, named: "normalizers").isEmpty else {
      throw unsupported("normalizer", normalizer, supported: "none")
    }
    guard decoder["type"]?.text == "ByteLevel" else {
      throw unsupported("decoder", decoder, supported: "'ByteLevel'")
    }
  }

  /// The token of bytes that have none of their own.
  func unknownToken(in pieces: PieceTable) throws(TokenizerError) -> Int32? {
    guard let name = modelSettings["unk_token"]?.string, let id = pieces.id(of: name) else {
      return nil
    }
    guard modelSettings["fuse_unk"]?.bool != true else {
      throw unsupported("model.fuse_unk", .bool(true), supported: "false")
    }
    return id
  }
}
