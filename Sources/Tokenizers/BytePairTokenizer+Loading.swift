// How either kind of file says which byte-level tokenizer it means.

extension TokenizerVocabulary {
  /// The rules that the file names; all of llama.cpp's other names mean other expressions.
  package func byteLevelRules() throws(TokenizerError) -> ByteLevelRules {
    guard let rules = preTokenizer.flatMap(ByteLevelRules.init(named:)) else {
      throw .unsupported(
        file: file, field: "tokenizer.ggml.pre", found: preTokenizer.map(excerpt) ?? "missing",
        supported: ByteLevelRules.supportedNames)
    }
    return rules
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
  /// The rules that the file describes.
  func makeRules() throws(TokenizerError) -> ByteLevelRules {
    var rules = ByteLevelRules()
    rules.composesCharacters = try composesCharacters()
    rules.preTokenizer = try makePreTokenizer()
    rules.prefersWholeWords = modelSettings["ignore_merges"]?.bool ?? false
    return rules
  }

  private func composesCharacters() throws(TokenizerError) -> Bool {
    let parts = parts(of: normalizer, named: "normalizers")
    guard parts.allSatisfy({ $0["type"].string == "NFC" }) else {
      throw unsupported("normalizer", normalizer, supported: "'NFC' or none")
    }
    return !parts.isEmpty
  }

  private func makePreTokenizer() throws(TokenizerError) -> PreTokenizer {
    var result = PreTokenizer()
    var parts = parts(of: preTokenizer, named: "pretokenizers")
    // What follows would see the spelling of bytes, so `ByteLevel` has to be last.
    let last = parts.popLast() ?? .null
    guard last["type"].string == "ByteLevel" else {
      throw unsupported("pre_tokenizer", last, supported: "'ByteLevel' as the last part")
    }
    result.addsPrefixSpace = last["add_prefix_space"].bool ?? true
    result.expression = last["use_regex"].bool ?? true ? .gpt2 : nil
    if let split = parts.last, split["type"].string == "Split" {
      guard result.expression == nil, !result.addsPrefixSpace else {
        throw unsupported(
          "pre_tokenizer", split,
          supported: "'Split' before a 'ByteLevel' that neither cuts nor adds")
      }
      result.expression = try expression(of: split)
      parts.removeLast()
    }
    for part in parts {
      guard part["type"].string == "Digits" else {
        throw unsupported(
          "pre_tokenizer", part, supported: "'Digits' or 'Split' before 'ByteLevel'")
      }
      let isIndividual = part["individual_digits"].bool ?? false
      if isIndividual || result.digits == .none {
        result.digits = isIndividual ? .individual : .runs
      }
    }
    return result
  }

  /// The expression of a part that cuts text at its matches.
  private func expression(of split: JSONValue) throws(TokenizerError) -> WordExpression {
    guard split["behavior"].string == "Isolated", split["invert"].bool != true else {
      throw unsupported(
        "pre_tokenizer.behavior", split["behavior"], supported: "'Isolated', not inverted")
    }
    let text = split["pattern"]["Regex"].string
    guard let expression = WordExpression.all.first(where: { $0.text == text }) else {
      throw unsupported(
        "pre_tokenizer.pattern", split["pattern"]["Regex"],
        supported: "the expression of GPT-2, Qwen2 or Llama 3")
    }
    return expression
  }

  /// Checks that the rest of the file describes a byte-level tokenizer, too.
  func checkByteLevel() throws(TokenizerError) {
    try checkModel()
    guard decoder["type"].string == "ByteLevel" else {
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
