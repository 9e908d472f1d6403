import LanguageModels
import TestSupport
import Testing
import Weights

@Suite("Configurations in files")
struct ModelConfigurationTests {
  private let folder: ModelFolder

  init() throws { folder = try ModelFolder() }

  /// A change to a file, and what the error about it says.
  struct Fault: Sendable, CustomTestStringConvertible {
    let key: String
    let value: String
    let message: String

    init(_ key: String, _ value: String, _ message: String) {
      (self.key, self.value, self.message) = (key, value, message)
    }

    var testDescription: String { "\(key) \(value)" }
  }

  @Test("config.json is read")
  func huggingFace() throws {
    let expected = try ModelConfiguration(
      vocabularySize: 384, hiddenSize: 64, feedForwardSize: 160, layerCount: 2, headCount: 8,
      keyValueHeadCount: 4, headSize: 8, contextLength: 256, normEpsilon: 1e-5, ropeBase: 10000,
      tiesEmbeddings: true)
    #expect(try ModelConfiguration(WeightStore.open(path: RealInputs.tinyLlama)) == expected)
  }

  @Test(
    "what config.json leaves out, or sets to null, has Llama's default",
    arguments: ["", "null"])
  func huggingFaceDefaults(json: String) throws {
    #expect(try folder.configuration(setting: "head_dim", to: json).headSize == 8)
    #expect(
      try folder.configuration(setting: "num_key_value_heads", to: json).keyValueHeadCount == 8)
    #expect(try folder.configuration(setting: "rope_theta", to: json).ropeBase == 10000)
    #expect(try folder.configuration(setting: "rope_scaling", to: json).contextLength == 256)
  }

  @Test("newer files keep the RoPE base in rope_parameters")
  func ropeParameters() throws {
    let json = #"{"rope_type": "default", "rope_theta": 77000.0}"#
    #expect(try folder.configuration(setting: "rope_parameters", to: json).ropeBase == 77000)
  }

  @Test(
    "a config.json that asks for what is not supported, or cannot be, is refused by name",
    arguments: [
      Fault("architectures", #"["MistralForCausalLM"]"#, "architecture is 'MistralForCausalLM'"),
      Fault("architectures", "[]", "architecture is 'none'"),
      Fault("architectures", "", "architecture is 'none'"),
      Fault("hidden_act", #""gelu""#, "activation is 'gelu'"),
      Fault("hidden_act", "5", "activation"),
      Fault("attention_bias", "true", "attention_bias is 'true'"),
      Fault("mlp_bias", "true", "mlp_bias is 'true'"),
      Fault("rope_scaling", #"{"rope_type": "llama3", "factor": 8.0}"#, "RoPE scaling is 'llama3'"),
      Fault("rope_scaling", #"{"type": "linear", "factor": 2.0}"#, "RoPE scaling is 'linear'"),
      Fault("rope_scaling", #"{"factor": 2.0}"#, "RoPE scaling"),
      Fault("tie_word_embeddings", "false", "lm_head.weight"),
      Fault("rope_parameters", #"{"rope_type": "yarn"}"#, "RoPE scaling is 'yarn'"),
      Fault("vocab_size", "", "config.json 'vocab_size' is absent"),
      Fault("vocab_size", "-384", "vocabulary size is -384"),
      Fault("vocab_size", "2147483648", "vocabulary size is 2147483648"),
      Fault("hidden_size", "0", "hidden size is 0"),
      Fault("hidden_size", "64.5", "config.json 'hidden_size' is of another type"),
      Fault("intermediate_size", "99999999999999999999", "'intermediate_size' is of another type"),
      Fault("num_hidden_layers", "0", "layer count is 0"),
      Fault("num_hidden_layers", "9223372036854775807", "layer count is 9223372036854775807"),
      Fault("num_attention_heads", "0", "head count is 0"),
      Fault("num_attention_heads", "-1", "head count is -1"),
      Fault("num_attention_heads", "6", "key-value head count is 4"),
      Fault("num_key_value_heads", "0", "key-value head count is 0"),
      Fault("num_key_value_heads", #""4""#, "'num_key_value_heads' is of another type"),
      Fault("head_dim", "7", "head size is 7"),
      Fault("head_dim", "-9223372036854775808", "head size is -9223372036854775808"),
      Fault("head_dim", "8.5", "'head_dim' is of another type"),
      Fault("max_position_embeddings", "0", "context length is 0"),
      Fault("rms_norm_eps", "", "'rms_norm_eps' is absent"),
      Fault("rms_norm_eps", "0", "RMSNorm epsilon is 0"),
      Fault("rms_norm_eps", "-1e-5", "RMSNorm epsilon is -1e-05"),
      Fault("rms_norm_eps", "1e300", "RMSNorm epsilon is inf"),
      Fault("rope_theta", "1", "RoPE base is 1"),
      Fault("rope_theta", #""big""#, "'rope_theta' is of another type"),
    ])
  func huggingFaceFaults(fault: Fault) throws {
    let error = #expect(throws: ModelError.self) {
      try folder.configuration(setting: fault.key, to: fault.value)
    }
    #expect("\(try #require(error))".contains(fault.message), "\(error?.description ?? "")")
  }

  @Test("GGUF metadata is read, and what it leaves out has Llama's default")
  func gguf() throws {
    func expected(keyValueHeads: Int, headSize: Int, base: Float) throws -> ModelConfiguration {
      try ModelConfiguration(
        vocabularySize: 5, hiddenSize: 8, feedForwardSize: 12, layerCount: 3, headCount: 4,
        keyValueHeadCount: keyValueHeads, headSize: headSize, contextLength: 64,
        normEpsilon: 1e-6, ropeBase: base, tiesEmbeddings: true)
    }
    let found = try folder.configuration(GGUFField.valid)
    #expect(found == (try expected(keyValueHeads: 2, headSize: 2, base: 5000)))
    var metadata = GGUFField.valid
    metadata["llama.attention.head_count_kv"] = nil
    metadata["llama.rope.freq_base"] = nil
    metadata["llama.attention.key_length"] = .integer(6)
    metadata["llama.attention.value_length"] = .integer(6)
    metadata["llama.rope.scaling.factor"] = .float(1)
    let other = try folder.configuration(metadata)
    #expect(other == (try expected(keyValueHeads: 4, headSize: 6, base: 10000)))
  }

  /// A change to GGUF metadata, and what the error about it says.
  struct GGUFFault: Sendable, CustomTestStringConvertible {
    let key: String
    let value: GGUFField?
    let message: String

    init(_ key: String, _ value: GGUFField?, _ message: String) {
      (self.key, self.value, self.message) = ("llama." + key, value, message)
    }

    var testDescription: String { "\(key) \(value.map { "\($0)" } ?? "left out")" }
  }

  @Test(
    "GGUF metadata that asks for what is not supported, or cannot be, is refused by name",
    arguments: [
      GGUFFault("rope.scaling.type", .text("yarn"), "RoPE scaling is 'yarn'"),
      GGUFFault("rope.scaling.type", .integer(1), "RoPE scaling is 'of another type'"),
      GGUFFault("rope.scaling.factor", .float(4), "RoPE scaling is 'linear, with"),
      GGUFFault("rope.scale_linear", .float(2), "RoPE scaling is 'linear, with"),
      GGUFFault("rope.dimension_count", .integer(1), "rotated elements of a head is '1'"),
      GGUFFault("embedding_length", nil, "'llama.embedding_length' is absent"),
      GGUFFault("embedding_length", .text("8"), "'llama.embedding_length' is of another type"),
      GGUFFault("embedding_length", .integer(.min), "hidden size is -9223372036854775808"),
      GGUFFault("embedding_length", .integer(.max), "hidden size is 9223372036854775807"),
      GGUFFault("feed_forward_length", .integer(1 << 31), "feed-forward size is 2147483648"),
      GGUFFault("block_count", .integer(0), "layer count is 0"),
      GGUFFault("attention.head_count", .integer(0), "head count is 0"),
      GGUFFault("attention.head_count", .integer(-1), "head count is -1"),
      GGUFFault("attention.head_count", .integer(.min), "head count is -9223372036854775808"),
      GGUFFault("attention.head_count", .integer(.max), "head count is 9223372036854775807"),
      GGUFFault("attention.head_count", .integer(3), "key-value head count is 2"),
      GGUFFault("attention.head_count_kv", .integer(0), "key-value head count is 0"),
      GGUFFault(
        "attention.head_count_kv", .text("2"), "'llama.attention.head_count_kv' is of another"),
      GGUFFault("attention.key_length", .integer(3), "head size is 3"),
      GGUFFault("attention.key_length", .float(2.5), "'llama.attention.key_length' is of another"),
      GGUFFault("context_length", .integer(-5), "context length is -5"),
      GGUFFault("attention.layer_norm_rms_epsilon", .float(.nan), "RMSNorm epsilon is nan"),
      GGUFFault("attention.layer_norm_rms_epsilon", nil, "epsilon' is absent"),
      GGUFFault("rope.freq_base", .float(.infinity), "RoPE base is inf"),
      GGUFFault("rope.freq_base", .text("10000"), "'llama.rope.freq_base' is of another type"),
    ])
  func ggufFaults(fault: GGUFFault) throws {
    var metadata = GGUFField.valid
    metadata[fault.key] = fault.value
    let error = #expect(throws: ModelError.self) { try folder.configuration(metadata) }
    #expect("\(try #require(error))".contains(fault.message), "\(error?.description ?? "")")
  }
}
