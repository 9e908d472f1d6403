internal import Foundation
internal import Tokenizers
internal import Weights

/// The byte-level tokenizer of a GGUF file as the files of a Hugging Face folder.
struct TokenizerExport {
  private let vocabulary: TokenizerVocabulary
  private let chatTemplate: String?

  /// Reads the tokenizer of the GGUF file `file`, or returns `nil` for other than byte-level ones.
  ///
  /// - Throws: ``TokenizerError`` if the metadata are damaged.
  init?(_ metadata: GGUFMetadata, file: String) throws(TokenizerError) {
    vocabulary = try TokenizerVocabulary(metadata, file: file)
    chatTemplate = metadata.string("tokenizer.chat_template")
    guard vocabulary.model == "gpt2" else { return nil }
  }

  /// The files by name.
  var files: [String: Any] {
    ["tokenizer.json": tokenizer, "tokenizer_config.json": configuration]
  }

  private var tokenizer: [String: Any] {
    let ids = vocabulary.tokens.enumerated().map { ($1, $0) }
    let byteLevel: [String: Any] = [
      "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true,
    ]
    let digits: [String: Any] = ["type": "Digits", "individual_digits": true]
    return [
      "version": "1.0", "truncation": NSNull(), "padding": NSNull(), "normalizer": NSNull(),
      "pre_tokenizer": vocabulary.preTokenizer == "smollm"
        ? ["type": "Sequence", "pretokenizers": [digits, byteLevel]] as [String: Any] : byteLevel,
      "post_processor": NSNull(), "decoder": byteLevel, "added_tokens": addedTokens,
      "model": [
        "type": "BPE", "dropout": NSNull(), "unk_token": NSNull(), "fuse_unk": false,
        "byte_fallback": false, "continuing_subword_prefix": NSNull(),
        "end_of_word_suffix": NSNull(), "merges": vocabulary.merges,
        "vocab": Dictionary(ids) { first, _ in first },
      ] as [String: Any],
    ]
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
    fields["chat_template"] = chatTemplate
    return fields
  }

  private func token(_ id: Int32?) -> String? {
    id.flatMap { vocabulary.tokens.indices.contains(Int($0)) ? vocabulary.tokens[Int($0)] : nil }
  }
}
