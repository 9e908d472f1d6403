package import Bytes
internal import Foundation
package import Tensors
package import Weights

extension ModelConfiguration {
  /// Returns the metadata of a GGUF file of this model: the keys that llama.cpp and
  /// ``ModelConfiguration`` read.
  ///
  /// - Parameters:
  ///   - name: The name of the model.
  ///   - type: The type of its matrices.
  ///   - tokenizer: The keys of its tokenizer.
  /// - Throws: ``ModelError`` if such a file cannot say all that the model computes.
  package func ggufMetadata(
    name: String, type: ElementType, tokenizer: [(key: String, value: GGUFField)]
  ) throws(ModelError) -> [(key: String, value: GGUFField)] {
    guard let family = architecture.ggufName else {
      throw .unsupported(
        "architecture", found: architecture.name,
        supported: "in GGUF files " + Self.ggufFamilies.joined(separator: ", "))
    }
    let fields = ggufSizes + ggufRotary + ggufExtras
    do {
      let description = GGUFDescription(fields, ggufVectors, of: self)
      try requireSame(try description.configuration(), in: "a GGUF file")
    } catch .unknownField(_, let key, let found) {
      throw .unsupported(
        "design", found: "\(key) \(found)",
        supported: "what a GGUF file of a \(architecture.name) can say")
    }
    return [
      ("general.architecture", .text(family)), ("general.name", .text(name)),
      ("general.file_type", .unsigned(type.ggufFileType)),
    ] + tokenizer + fields.map { ("\(family).\($0)", $1) }
  }

  private static var ggufFamilies: [String] {
    Architecture.all.filter { $0.ggufName != nil }.map(\.name)
  }

  /// The tensors of such a file that are no parameters.
  package var ggufVectors: [(name: String, elements: [Float])] {
    guard case .llama3? = rotaries.last?.scaling, let rotary = rotaries.last else { return [] }
    let plain = Rotary(base: rotary.base, size: rotary.size).frequencies
    return [("rope_freqs.weight", zip(plain, rotary.frequencies).map { $0 / $1 })]
  }

  /// The names of the tensors in a GGUF file of this model.
  package var ggufNaming: TensorNaming { architecture.naming }

  private var ggufSizes: [(key: String, value: GGUFField)] {
    [
      ("vocab_size", vocabularySize), ("context_length", contextLength),
      ("embedding_length", hiddenSize), ("block_count", layerCount),
      ("feed_forward_length", feedForwardSize), ("attention.head_count", headCount),
      ("attention.head_count_kv", keyValueHeadCount), ("attention.key_length", headSize),
      ("attention.value_length", headSize),
    ].map { ($0, .unsigned(UInt32($1))) }
  }

  private var ggufRotary: [(key: String, value: GGUFField)] {
    guard let rotary = rotaries.last else { return [] }
    return [
      ("rope.dimension_count", .unsigned(UInt32(rotary.size))),
      ("rope.freq_base", .float(rotary.base)),
    ] + rotary.scaling.ggufFields
  }

  private var ggufExtras: [(key: String, value: GGUFField)] {
    let isLayerNorm = norm == .layer
    var fields: [(key: String, value: GGUFField)] = [
      ("attention.layer_norm_\(isLayerNorm ? "" : "rms_")epsilon", .float(normEpsilon))
    ]
    if let window = layers.compactMap(\.window).max() {
      fields.append(("attention.sliding_window", .unsigned(UInt32(window))))
    }
    if let attentionCap { fields.append(("attn_logit_softcapping", .float(attentionCap))) }
    if let logitCap { fields.append(("final_logit_softcapping", .float(logitCap))) }
    if architecture == .gptNeoX { fields.append(("use_parallel_residual", .bool(isParallel))) }
    return fields
  }

  /// Returns the `config.json` of this model, without its special tokens.
  ///
  /// - Parameter type: The type of its weights.
  /// - Throws: ``ModelError`` if such a file cannot say all that the model computes.
  package func json(_ type: ElementType) throws(ModelError) -> JSON {
    var fields = jsonSizes
    fields.merge(try jsonRotary()) { $1 }
    fields.merge(architecture.describe(self)) { $1 }
    let read = try ModelConfiguration(JSON(members: fields), architecture, has: nil)
    try requireSame(read, in: "config.json")
    fields["torch_dtype"] = .string(type.torchName ?? "float32")
    return JSON(members: fields)
  }

  private var jsonSizes: [String: JSON] {
    let keys = architecture.keys
    var fields: [String: JSON] = [
      "architectures": .array([.string(architecture.name)]),
      "model_type": .string(architecture.modelType), keys.vocabulary: .integer(vocabularySize),
      keys.hidden: .integer(hiddenSize), keys.feedForward: .integer(feedForwardSize),
      keys.layers: .integer(layerCount), keys.heads: .integer(headCount),
      keys.context: .integer(contextLength), "tie_word_embeddings": .bool(tiesEmbeddings),
    ]
    if let key = keys.keyValueHeads { fields[key] = .integer(keyValueHeadCount) }
    if let key = keys.headSize { fields[key] = .integer(headSize) }
    if let key = keys.epsilon { fields[key] = .number(shortest(normEpsilon)) }
    if let key = keys.activation { fields[key] = .string(activation.jsonName) }
    return fields
  }

  private func jsonRotary() throws(ModelError) -> [String: JSON] {
    guard let rotary = rotaries.last, !architecture.keys.hasRotaryKinds else { return [:] }
    var fields: [String: JSON] = ["rope_theta": .number(shortest(rotary.base))]
    if rotary.size != headSize {
      fields["partial_rotary_factor"] = .number(Double(rotary.size) / Double(headSize))
    }
    if let scaling = try rotary.jsonScaling(context: contextLength) {
      fields["rope_scaling"] = scaling
    }
    return fields
  }

  /// Throws unless `other`, which is read from what this was written as, computes the same.
  private func requireSame(
    _ other: ModelConfiguration, in form: String
  ) throws(ModelError) {
    let differences = differences(from: other)
    guard differences.isEmpty else {
      throw .unsupported(
        "design", found: differences.joined(separator: ", "),
        supported: "what \(form) of a \(architecture.name) can say")
    }
  }

  /// Returns the names of what differs in what two configurations compute.
  private func differences(from other: ModelConfiguration) -> [String] {
    let kinds: [(String, (ModelConfiguration) -> AnyHashable)] = [
      ("sizes", { [$0.vocabularySize, $0.hiddenSize, $0.feedForwardSize, $0.layerCount] }),
      ("heads", { [$0.headCount, $0.keyValueHeadCount, $0.headSize] }),
      ("context length", { $0.contextLength }), ("norm epsilon", { $0.normEpsilon }),
      ("tied embeddings", { $0.tiesEmbeddings }), ("activation", { $0.activation }),
      ("biases", { $0.biases }), ("parallel blocks", { $0.isParallel }),
      ("attention scale", { $0.attentionScale }), ("attention cap", { $0.attentionCap }),
      ("logit cap", { $0.logitCap }), ("attention window", { $0.layers.map(\.window) }),
    ]
    var names = kinds.filter { $1(self) != $1(other) }.map(\.0)
    if !rotatesLike(other) { names.append("rotary embedding") }
    return names
  }

  /// Whether all layers turn by the same angles, but for rounding.
  private func rotatesLike(_ other: ModelConfiguration) -> Bool {
    let kinds = { (c: ModelConfiguration) in
      c.layers.map { layer in
        layer.rotary.map { c.rotaries[$0].frequencies + [c.rotaries[$0].scaling.magnitude] } ?? []
      }
    }
    return zip(kinds(self), kinds(other)).allSatisfy { one, two in
      one.count == two.count && zip(one, two).allSatisfy { abs($0 - $1) <= 1e-6 * abs($0) }
    }
  }
}

extension ModelConfiguration {
  /// What `config.json` says of biases of the attention.
  var jsonBiases: [String: JSON] { ["attention_bias": .bool(biases.contains(.attentionOutput))] }

  /// What `config.json` says of the window.
  var jsonWindow: [String: JSON] {
    ["sliding_window": layers.compactMap(\.window).max().map(JSON.integer) ?? .null]
  }
}

/// Returns the decimal number that people wrote for `number`.
func shortest(_ number: Float) -> Double { Double("\(number)") ?? Double(number) }
