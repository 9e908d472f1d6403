internal import Bytes
public import ChatTemplates
internal import Crypto
public import Datasets
internal import Settings
internal import Tokenizers
internal import Weights

// The chat template that a model carries: beside its tokenizer, or in its GGUF file.

extension LoadedModel {
  /// The model's own chat template, if it has one.
  ///
  /// - Throws: `ChatTemplateError` if it cannot be read, or `FileError`.
  /// - Complexity: O(length of the template); it is read anew each time.
  public var chatTemplate: ChatTemplate? {
    get throws {
      switch store.metadata {
      case .gguf(let metadata):
        guard let text = metadata.string("tokenizer.chat_template") else { return nil }
        return try ChatTemplate(text, tokens: tokenNames(metadata), file: store.path)
      case .huggingFace(let folder):
        guard let text = try folder.chatTemplate() else { return nil }
        return try ChatTemplate(text, tokens: folder.tokenNames(), file: folder.folder)
      }
    }
  }

  /// Whether the model has a chat template, be it one that can be read or not.
  public var hasChatTemplate: Bool {
    switch store.metadata {
    case .gguf(let metadata): metadata.string("tokenizer.chat_template") != nil
    case .huggingFace(let folder): (try? folder.chatTemplate()) != nil
    }
  }

  /// The names of special tokens that a template may write.
  private func tokenNames(_ metadata: GGUFMetadata) throws -> [String: String] {
    let keys = [
      "bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding",
    ]
    let tokenizer = try tokenizer
    return keys.compactMapValues { key in
      metadata.integer("tokenizer.ggml.\(key)_token_id")
        .flatMap { try? tokenizer.token(for: Int32(clamping: $0)) }
    }
  }

  /// Returns what turns examples into tokens of this model.
  ///
  /// - Throws: `TokenizerError`, or `SettingsError` if there is no chat template that can be read.
  public func encoder(
    _ template: PromptTemplate, lengthLimit: Int = 1024, addsEndToken: Bool = true
  ) throws -> ExampleEncoder {
    let chat = template == .model ? try requiredChatTemplate : nil
    return ExampleEncoder(
      tokenizer: try tokenizer, template: template, chat: chat, lengthLimit: lengthLimit,
      addsEndToken: addsEndToken)
  }

  private var requiredChatTemplate: ChatTemplate {
    get throws {
      let problem: String
      do {
        if let template = try chatTemplate { return template }
        problem = "'\(store.path)' has no chat template"
      } catch let error as ChatTemplateError {
        problem = "\(error)"
      }
      throw SettingsError(.template, found: "model", expected: "another: \(problem)")
    }
  }

  /// The SHA-256 of the text of the model's chat template, in hexadecimal, if it has one.
  public var chatTemplateHash: String? {
    get throws {
      try chatTemplate.map { hexadecimal(SHA256.hash(data: Array($0.text.utf8))) }
    }
  }
}

extension HuggingFaceMetadata {
  /// The chat template: `chat_template.jinja` or, where there is none, that of
  /// `tokenizer_config.json`, of several the one called `default`.
  func chatTemplate() throws -> String? {
    if let path = existingPath(ChatTemplates.file) { return try ChatTemplates.text(path) }
    return try ChatTemplates.inConfiguration(self)[ChatTemplates.standard]
  }

  /// The names of special tokens, such as `bos_token`.
  func tokenNames() throws -> [String: String] {
    var names: [String: String] = [:]
    let map = try existingPath("special_tokens_map.json").map { try Self.object($0) }
    for (key, value) in [map, try tokenizerConfiguration()].compactMap({ $0?.object }).joined()
    where key.hasSuffix("_token") {
      names[key.string] = value.string ?? value["content"]?.string ?? names[key.string]
    }
    return names
  }

  private func tokenizerConfiguration() throws -> JSON? {
    try tokenizerConfigurationPath.map { try Self.object($0) }
  }
}
