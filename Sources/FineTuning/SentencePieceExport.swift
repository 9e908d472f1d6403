internal import Bytes
internal import Foundation
internal import Tokenizers
internal import Weights

/// SentencePiece's byte pairs of a GGUF file as the files of a Hugging Face folder.
struct SentencePieceExport {
  private let vocabulary: TokenizerVocabulary
  private let templates: ChatTemplates
  private let special: SpecialTokens

  /// Reads the tokenizer of the GGUF file `file`, or returns `nil` for other than SentencePiece's.
  ///
  /// - Throws: ``TokenizerError`` if the metadata are damaged.
  init?(
    _ metadata: GGUFMetadata, _ special: SpecialTokens, file: String
  ) throws(TokenizerError) {
    vocabulary = try TokenizerVocabulary(metadata, file: file)
    guard vocabulary.model == "llama" else { return nil }
    // Finds what is missing or damaged.
    _ = try vocabulary.makeTokenizer()
    templates = ChatTemplates(metadata)
    self.special = special
  }

  /// The files by name.
  ///
  /// - Throws: What JSON cannot say, which is nothing here.
  func files() throws -> [String: [UInt8]] {
    let tokenizer: [String: Any] = [
      "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "normalizer": normalizer,
      "pre_tokenizer": NSNull(), "post_processor": postProcessor, "decoder": decoder,
      "added_tokens": addedTokens,
    ]
    return [
      "tokenizer.json": try JSON.replacing([("model", model)], in: Self.json(tokenizer)),
      "tokenizer_config.json": try Self.json(configuration),
    ]
  }

  private static func json(_ content: [String: Any]) throws -> [UInt8] {
    [UInt8](
      try JSONSerialization.data(
        withJSONObject: content, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]))
  }

  private var addsPrefix: Bool { vocabulary.addsSpacePrefix ?? true }

  private var normalizer: [String: Any] {
    let spaces: [String: Any] = ["type": "Replace", "pattern": ["String": " "], "content": "▁"]
    let prefix: [String: Any] = ["type": "Prepend", "prepend": "▁"]
    return addsPrefix ? ["type": "Sequence", "normalizers": [prefix, spaces]] : spaces
  }

  private var decoder: [String: Any] {
    let spaces: [String: Any] = ["type": "Replace", "pattern": ["String": "▁"], "content": " "]
    let strip: [String: Any] = ["type": "Strip", "content": " ", "start": 1, "stop": 0]
    let parts: [[String: Any]] = [spaces, ["type": "ByteFallback"], ["type": "Fuse"]]
    return ["type": "Sequence", "decoders": addsPrefix ? parts + [strip] : parts]
  }

  private var postProcessor: Any {
    guard vocabulary.addsBeginToken ?? true, let id = special.begin, let name = token(id) else {
      return NSNull()
    }
    func part(_ kind: String, _ id: String, _ type: Int) -> [String: Any] {
      [kind: ["id": id, "type_id": type] as [String: Any]]
    }
    let single = [part("SpecialToken", name, 0), part("Sequence", "A", 0)]
    let second = [part("SpecialToken", name, 1), part("Sequence", "B", 1)]
    return [
      "type": "TemplateProcessing", "single": single, "pair": single + second,
      "special_tokens": [name: ["id": name, "ids": [id], "tokens": [name]] as [String: Any]],
    ] as [String: Any]
  }

  private var addedTokens: [[String: Any]] {
    vocabulary.types.enumerated().compactMap { id, type in
      guard let kind = TokenKind(rawValue: type), kind != .normal, kind != .byte, kind != .unused
      else { return nil }
      return [
        "id": id, "content": vocabulary.tokens[id], "special": kind != .userDefined,
        "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
      ]
    }
  }

  /// The text of the model: a dictionary would take texts that are canonically equivalent for one.
  private var model: String {
    let unknown = vocabulary.types.firstIndex(of: TokenKind.unknown.rawValue).flatMap(token)
    let ids = vocabulary.tokens.enumerated().map { "\(CanonicalJSON.string($1)):\($0)" }
    let merges = merges.map {
      "[\(CanonicalJSON.string($0.left)),\(CanonicalJSON.string($0.right))]"
    }
    return CanonicalJSON.object([
      "type": "\"BPE\"", "dropout": "null", "continuing_subword_prefix": "null",
      "end_of_word_suffix": "null", "fuse_unk": "true", "byte_fallback": "true",
      "ignore_merges": "false", "unk_token": unknown.map(CanonicalJSON.string) ?? "null",
      "vocab": "{\(ids.joined(separator: ","))}", "merges": "[\(merges.joined(separator: ","))]",
    ])
  }

  /// Every way to make a token of two others, the best token first.
  ///
  /// SentencePiece merges what makes the token of the best score; `tokenizers` wants the pairs. The order
  /// of pairs that make one token is that of transformers' `generate_merges`.
  ///
  /// - Complexity: O(bytes of the tokens · the longest).
  private var merges: [Pair] {
    let pieces = Dictionary(
      vocabulary.tokens.enumerated().filter { isPiece($0.offset) }
        .map { (UTF8Text($1), $0) }
    ) { first, _ in first }
    let pairs = pieces.flatMap { token, id in
      token.string.unicodeScalars.indices.dropFirst().compactMap { split -> Pair? in
        let (left, right) = (String(token.string[..<split]), String(token.string[split...]))
        guard pieces[UTF8Text(left)] != nil, pieces[UTF8Text(right)] != nil else { return nil }
        return Pair(left: left, right: right, id: id, score: vocabulary.scores[id])
      }
    }
    return pairs.sorted(by: Pair.precedes)
  }

  /// Whether merging may lead to the token, as it may for the tokenizer of the GGUF file.
  private func isPiece(_ id: Int) -> Bool {
    let kinds: [TokenKind] = [.normal, .userDefined, .unused]
    return vocabulary.types.isEmpty || kinds.contains { $0.rawValue == vocabulary.types[id] }
  }

  private var configuration: [String: Any] {
    var fields: [String: Any] = [
      "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": false,
      "add_bos_token": vocabulary.addsBeginToken ?? true,
    ]
    fields["bos_token"] = special.begin.flatMap(token)
    fields["eos_token"] = special.ends.first.flatMap(token)
    fields["pad_token"] = special.padding.flatMap(token)
    fields["unk_token"] = special.unknown.flatMap(token)
    fields["chat_template"] = templates.huggingFaceValue
    return fields
  }

  private func token(_ id: Int) -> String? {
    vocabulary.tokens.indices.contains(id) ? vocabulary.tokens[id] : nil
  }
}

/// Two tokens that make another.
private struct Pair {
  let left, right: String
  let id: Int
  let score: Float

  static func precedes(_ one: Pair, _ other: Pair) -> Bool {
    let sizes = (one.left.unicodeScalars.count, other.left.unicodeScalars.count)
    if one.score != other.score { return one.score > other.score }
    return sizes.0 != sizes.1 ? sizes.0 > sizes.1 : one.id < other.id
  }
}
