internal import Bytes
internal import Weights

/// The special tokens that a model's files name, by id, for a model that is written in the other format.
struct SpecialTokens {
  /// The token that stands before a text.
  private(set) var begin: Int?

  /// The tokens that end a text or an answer, the most important first.
  private(set) var ends: [Int] = []

  /// The token that fills rows of a batch.
  private(set) var padding: Int?

  /// The token of what has no token.
  private(set) var unknown: Int?

  /// The keys of end tokens in GGUF files, after `tokenizer.ggml.`: of a text, a turn, a message.
  static let endKeys = ["eos_token_id", "eot_token_id", "eom_token_id"]

  /// Reads the keys of a GGUF file; ids beyond the vocabulary of `count` tokens count as none.
  init(_ metadata: GGUFMetadata, count: Int) {
    func id(_ key: String) -> Int? {
      metadata.integer("tokenizer.ggml." + key).flatMap { (0..<count).contains($0) ? $0 : nil }
    }
    begin = id("bos_token_id")
    padding = id("padding_token_id")
    unknown = id("unknown_token_id")
    for end in Self.endKeys.compactMap(id) { addEnd(end) }
  }

  /// Reads `config.json` and `generation_config.json` of a Hugging Face folder.
  ///
  /// - Parameter end: The end token of the tokenizer, which comes first.
  /// - Throws: ``WeightsError`` if a file is there that is no JSON object.
  init(_ folder: HuggingFaceMetadata, count: Int, end: Int32?) throws(WeightsError) {
    if let end { addEnd(Int(end)) }
    var files = [folder.configuration]
    if let path = folder.existingPath("generation_config.json") {
      files.append(try HuggingFaceMetadata.object(path))
    }
    for file in files {
      for id in folder.tokens("eos_token_id", of: file).map(Int.init) where (0..<count).contains(id)
      {
        addEnd(id)
      }
      begin = begin ?? file["bos_token_id"]?.integer
      padding = padding ?? file["pad_token_id"]?.integer
    }
  }

  private mutating func addEnd(_ id: Int) {
    if !ends.contains(id) { ends.append(id) }
  }

  /// The keys of `config.json` and `generation_config.json`.
  var huggingFaceFields: [String: JSON] {
    var fields: [String: JSON] = [:]
    fields["bos_token_id"] = begin.map(JSON.integer)
    fields["pad_token_id"] = padding.map(JSON.integer)
    let ends = ends.map(JSON.integer)
    if !ends.isEmpty { fields["eos_token_id"] = ends.count == 1 ? ends[0] : .array(ends) }
    return fields
  }

  /// The metadata of a GGUF file.
  var ggufFields: [(key: String, value: GGUFField)] {
    let ids =
      [("bos_token_id", begin), ("padding_token_id", padding), ("unknown_token_id", unknown)]
      + zip(Self.endKeys, ends.map(Optional.some))
    return ids.compactMap { key, id in
      id.flatMap { UInt32(exactly: $0) }.map { ("tokenizer.ggml." + key, .unsigned($0)) }
    }
  }
}
