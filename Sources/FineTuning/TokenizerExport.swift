internal import Foundation
internal import Tokenizers
internal import Weights

/// The byte-level tokenizer of a GGUF file as the files of a Hugging Face folder.
struct TokenizerExport {
  private let vocabulary: TokenizerVocabulary
  private let rules: ByteLevelRules
  private let templates: ChatTemplates
  private let special: SpecialTokens

  /// Reads the tokenizer of the GGUF file `file`, or returns `nil` for other than byte-level ones.
  ///
  /// - Throws: ``TokenizerError`` if the metadata are damaged.
  init?(
    _ metadata: GGUFMetadata, _ special: SpecialTokens, file: String
  ) throws(TokenizerError) {
    vocabulary = try TokenizerVocabulary(metadata, file: file)
    templates = ChatTemplates(metadata)
    self.special = special
    guard vocabulary.model == "gpt2" else { return nil }
    rules = try vocabulary.byteLevelRules()
  }

  /// The files by name.
  var files: [String: Any] {
    ["tokenizer.json": tokenizer, "tokenizer_config.json": configuration]
  }

  private var tokenizer: [String: Any] {
    let ids = vocabulary.tokens.enumerated().map { ($1, $0) }
    return [
      "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "normalizer": normalizer,
      "pre_tokenizer": preTokenizer, "post_processor": NSNull(),
      "decoder": byteLevel(cuts: true), "added_tokens": addedTokens, "model": model(ids),
    ]
  }

  private func model(_ ids: [(String, Int)]) -> [String: Any] {
    var fields: [String: Any] = [
      "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(), "fuse_unk": false,
      "byte_fallback": false, "continuing_subword_prefix": NSNull(),
      "end_of_word_suffix": NSNull(), "merges": vocabulary.merges,
      "vocab": Dictionary(ids) { first, _ in first },
    ]
    if rules.prefersWholeWords { fields["ignore_merges"] = true }
    return fields
  }

  private var normalizer: Any {
    rules.normalizer.steps == [.nfc] ? ["type": "NFC"] : NSNull() as Any
  }

  private var preTokenizer: [String: Any] {
    var steps = rules.preTokenizer.steps
    // The last part spells bytes, and cuts by GPT-2's expression if it is asked to.
    let cuts = steps.last == .split(.gpt2, .isolated)
    if cuts { steps.removeLast() }
    let parts = steps.compactMap(\.tokenizerPart) + [byteLevel(cuts: cuts)]
    return parts.count == 1 ? parts[0] : ["type": "Sequence", "pretokenizers": parts]
  }

  /// The part that spells bytes, and cuts words as GPT-2 does if it is asked to.
  private func byteLevel(cuts: Bool) -> [String: Any] {
    ["type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": cuts]
  }

  private var addedTokens: [[String: Any]] {
    vocabulary.types.enumerated().compactMap { id, type in
      guard let kind = TokenKind(rawValue: type), kind == .control || kind == .userDefined else {
        return nil
      }
      return [
        "id": id, "content": vocabulary.tokens[id], "special": kind == .control,
        "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
      ]
    }
  }

  private var configuration: [String: Any] {
    var fields: [String: Any] = [
      "tokenizer_class": "PreTrainedTokenizerFast",
      "add_bos_token": vocabulary.addsBeginToken ?? false, "clean_up_tokenization_spaces": false,
    ]
    fields["bos_token"] = token(vocabulary.beginToken)
    fields["eos_token"] = token(vocabulary.endToken)
    fields["pad_token"] = token(special.padding.map { Int32($0) })
    fields["unk_token"] = token(special.unknown.map { Int32($0) })
    fields["chat_template"] = templates.huggingFaceValue
    return fields
  }

  private func token(_ id: Int32?) -> String? {
    id.flatMap { vocabulary.tokens.indices.contains(Int($0)) ? vocabulary.tokens[Int($0)] : nil }
  }
}

extension PreTokenizer.Step {
  /// The step as `tokenizer.json` has it; only those that GGUF files can name.
  fileprivate var tokenizerPart: [String: Any]? {
    guard case .split(let pattern, let behavior, let isInverted) = self else { return nil }
    return [
      "type": "Split", "pattern": ["Regex": pattern.text], "behavior": behavior.rawValue,
      "invert": isInverted,
    ]
  }
}
