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
    "keys that say nothing of what is computed, or switch it off, are no fault",
    arguments: [
      ("unsloth_version", "\"2024.9\""), ("source", "\"https://example.com\""),
      ("sliding_window", "null"), ("use_sliding_window", "false"), ("hidden_dropout", "0.5"),
      ("rope_interleaved", "true"),
    ])
  func meaninglessKeys(key: String, json: String) throws {
    #expect(try folder.configuration(setting: key, to: json).hiddenSize == 64)
  }

  @Test("config.json without architectures goes by its model_type, and the first spelling counts")
  func architectures() throws {
    for json in ["", "null", "[]", #"["LLaMAForCausalLM"]"#] {
      let found = try folder.configuration(setting: "architectures", to: json)
      #expect(found.architecture == .llama)
    }
  }

  @Test(
    "a config.json that asks for what is not supported, or cannot be, is refused by name",
    arguments: [
      Fault("architectures", #"["MistralForCausalLM"]"#, "model_type is 'llama'"),
      Fault("architectures", #"["MambaForCausalLM"]"#, "architecture is 'MambaForCausalLM'"),
      Fault("architectures", #"["LlamaForSequenceClassification"]"#, "'LlamaForSequenceClass"),
      Fault("model_type", #""mistral""#, "model_type is 'mistral'"),
      Fault("hidden_act", #""quick_gelu""#, "activation is 'quick_gelu'"),
      Fault("hidden_act", "5", "config.json 'hidden_act' is 5"),
      Fault("attention_bias", "1", "config.json 'attention_bias' is 1"),
      Fault(
        "rope_scaling", #"{"rope_type": "llama3", "factor": 8.0}"#, "'low_freq_factor' is absent"),
      Fault("rope_scaling", #"{"type": "linear"}"#, "'rope_scaling' 'factor' is absent"),
      Fault("rope_scaling", #"{"type": "linear", "factor": -2.0}"#, "RoPE scaling is -2.0"),
      Fault("rope_scaling", #"{"type": "yarn"}"#, "'rope_scaling' 'factor' is absent"),
      Fault("rope_scaling", #"{"type": "ntk", "factor": 2.0}"#, "RoPE scaling is 'ntk'"),
      Fault("rope_scaling", #"{"factor": 2.0}"#, "'rope_scaling' has the key 'factor'"),
      Fault("rope_scaling", #"{"type": "default", "mrope_section": [2]}"#, "'mrope_section'"),
      Fault("sliding_window", "5", "has the key 'sliding_window' (5)"),
      Fault("attn_logit_softcapping", "30.0", "has the key 'attn_logit_softcapping' (30.0)"),
      Fault("logit_scale", "0.0625", "has the key 'logit_scale'"),
      Fault("intermediate_size", "16777217", "feed-forward size is 16777217"),
      Fault("max_position_embeddings", "268435457", "context length is 268435457"),
      Fault("partial_rotary_factor", "1.5", "rotated elements is -1"),
      Fault("tie_word_embeddings", "false", "lm_head.weight"),
      Fault("rope_parameters", #"{"rope_type": "yarn"}"#, "'factor' is absent"),
      Fault("vocab_size", "", "config.json 'vocab_size' is absent"),
      Fault("vocab_size", "-384", "vocabulary size is -384"),
      Fault("vocab_size", "2147483648", "vocabulary size is 2147483648"),
      Fault("hidden_size", "0", "hidden size is 0"),
      Fault("hidden_size", "64.5", "config.json 'hidden_size' is 64.5"),
      Fault("intermediate_size", "99999999999999999999", "'intermediate_size' is 1e+20"),
      Fault("num_hidden_layers", "0", "layer count is 0"),
      Fault("num_hidden_layers", "9223372036854775807", "layer count is 9223372036854775807"),
      Fault("num_attention_heads", "0", "head count is 0"),
      Fault("num_attention_heads", "-1", "head count is -1"),
      Fault("num_attention_heads", "6", "key-value head count is 4"),
      Fault("num_key_value_heads", "0", "key-value head count is 0"),
      Fault("num_key_value_heads", #""4""#, "'num_key_value_heads' is \"4\""),
      Fault("head_dim", "7", "rotated elements is 7"),
      Fault("head_dim", "-9223372036854775808", "head size is -9223372036854775808"),
      Fault("head_dim", "8.5", "'head_dim' is 8.5"),
      Fault("max_position_embeddings", "0", "context length is 0"),
      Fault("rms_norm_eps", "", "'rms_norm_eps' is absent"),
      Fault("rms_norm_eps", "0", "norm epsilon is 0"),
      Fault("rms_norm_eps", "-1e-5", "norm epsilon is -1e-05"),
      Fault("rms_norm_eps", "1e300", "norm epsilon is inf"),
      Fault("rope_theta", "1", "RoPE base is 1"),
      Fault("rope_theta", #""big""#, "'rope_theta' is \"big\""),
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
      GGUFFault("rope.scaling.type", .text("su"), "RoPE scaling is 'su'"),
      GGUFFault("rope.scaling.type", .integer(1), "'rope.scaling.type' is 1"),
      GGUFFault("rope.scaling.factor", .float(-4), "RoPE scaling is -4.0"),
      GGUFFault("rope.scale_linear", .float(.nan), "RoPE scaling is nan"),
      GGUFFault("rope.dimension_count", .integer(1), "rotated elements is 1"),
      GGUFFault("attention.sliding_window", .integer(5), "key 'attention.sliding_window' (5)"),
      GGUFFault("expert_count", .integer(8), "has the key 'expert_count' (8)"),
      GGUFFault("embedding_length", nil, "'embedding_length' is absent"),
      GGUFFault("embedding_length", .text("8"), "'embedding_length' is \"8\""),
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
        "attention.head_count_kv", .text("2"), "'attention.head_count_kv' is \"2\""),
      GGUFFault("attention.key_length", .integer(3), "rotated elements is 3"),
      GGUFFault("attention.key_length", .float(2.5), "'attention.key_length' is 2.5"),
      GGUFFault("attention.value_length", .integer(3), "'attention.value_length' is '3'"),
      GGUFFault("context_length", .integer(-5), "context length is -5"),
      GGUFFault("attention.layer_norm_rms_epsilon", .float(.nan), "norm epsilon is nan"),
      GGUFFault("attention.layer_norm_rms_epsilon", nil, "epsilon' is absent"),
      GGUFFault("rope.freq_base", .float(.infinity), "RoPE base is inf"),
      GGUFFault("rope.freq_base", .text("10000"), "'rope.freq_base' is \"10000\""),
    ])
  func ggufFaults(fault: GGUFFault) throws {
    var metadata = GGUFField.valid
    metadata[fault.key] = fault.value
    let error = #expect(throws: ModelError.self) { try folder.configuration(metadata) }
    #expect("\(try #require(error))".contains(fault.message), "\(error?.description ?? "")")
  }
}
