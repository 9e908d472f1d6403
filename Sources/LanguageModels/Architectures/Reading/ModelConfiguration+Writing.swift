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
  package func ggufMetadata(
    name: String, type: ElementType, tokenizer: [(key: String, value: GGUFField)]
  ) -> [(key: String, value: GGUFField)] {
    let sizes = [
      ("vocab_size", vocabularySize), ("context_length", contextLength),
      ("embedding_length", hiddenSize), ("block_count", layerCount),
      ("feed_forward_length", feedForwardSize), ("rope.dimension_count", headSize),
      ("attention.head_count", headCount), ("attention.head_count_kv", keyValueHeadCount),
      ("attention.key_length", headSize), ("attention.value_length", headSize),
    ]
    let architecture = architecture.ggufName ?? ""
    return [
      ("general.architecture", .text(architecture)), ("general.name", .text(name)),
      ("general.file_type", .unsigned(type.ggufFileType)),
      ("\(architecture).attention.layer_norm_rms_epsilon", .float(normEpsilon)),
      ("\(architecture).rope.freq_base", .float(ropeBase)),
    ] + tokenizer + sizes.map { ("\(architecture).\($0)", .unsigned(UInt32($1))) }
  }

  /// The names of the tensors in a GGUF file of this model.
  package var ggufNaming: TensorNaming { architecture.naming }
}
