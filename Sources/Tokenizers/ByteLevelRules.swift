internal import Bytes

// What byte-level tokenizers differ in, besides their vocabulary: how text is treated before it is
// merged. Another one that llama.cpp has a name for is a row of the table below.

/// How a byte-level tokenizer treats text before it merges bytes.
package struct ByteLevelRules: Equatable, Sendable {
  /// What is done to text first.
  package var normalizer = Normalizer()

  /// How text is cut into words.
  package var preTokenizer = PreTokenizer([.split(.gpt2, .isolated)])

  /// Whether a word that is a token stays whole, whatever the merges say.
  package var prefersWholeWords = false

  /// The rules of GPT-2.
  package init() {}

  init(
    _ patterns: [TextPattern], composing: Bool = false, wholeWords: Bool = false
  ) {
    normalizer = Normalizer(composing ? [.nfc] : [])
    preTokenizer = PreTokenizer(patterns.map { .split($0, .isolated) })
    prefersWholeWords = wholeWords
  }

  /// The rules that a GGUF file names in `tokenizer.ggml.pre`.
  ///
  /// Of equal rules, the first name is the one that is written. Source:
  /// `convert_hf_to_gguf_update.py` and `llama-vocab.cpp` of llama.cpp, and the `tokenizer.json` of
  /// the models.
  package static let named: [(names: [String], rules: @Sendable () -> ByteLevelRules)] = [
    (
      [
        "gpt-2", "phi-2", "gigachat", "a.x-4.0", "mellum", "exaone4", "jais", "trillion",
        "granite-docling", "modern-bert",
      ], { ByteLevelRules([.gpt2]) }
    ),
    (["olmo", "mpt"], { ByteLevelRules([.gpt2], composing: true) }),
    (
      ["smollm", "starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2"],
      { ByteLevelRules([.number, .gpt2]) }
    ),
    (["command-r"], { ByteLevelRules([.number, .gpt2], composing: true) }),
    (
      [
        "qwen2", "stablelm2", "deepseek-r1-qwen", "megrez", "hunyuan", "grok-2", "kormo",
        "solar-open",
      ], { ByteLevelRules([.qwen2], composing: true) }
    ),
    (["qwen35"], { ByteLevelRules([.qwen35], composing: true) }),
    (
      ["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"],
      { ByteLevelRules([.llama3], wholeWords: true) }
    ),
    (["dbrx", "smaug-bpe", "glm4", "chatglm-bpe"], { ByteLevelRules([.llama3]) }),
    (["gpt-4o", "llama4", "kanana2", "minimax-m2"], { ByteLevelRules([.gpt4o]) }),
    (["tekken"], { ByteLevelRules([.tekken], wholeWords: true) }),
    (
      ["deepseek-llm"],
      {
        ByteLevelRules([
          .lineEnd, .deepSeekLetters, .deepSeekPunctuation, .lastSpace, .hanKanaHangul, .numbers,
        ])
      }
    ),
    (
      ["deepseek-coder"],
      { ByteLevelRules([.lineEnd, .coderLetters, .coderPunctuation, .hanKanaHangul, .number]) }
    ),
    (
      ["deepseek-v3", "hunyuan-dense", "joyai-llm"],
      { ByteLevelRules([.threeNumbers, .hanKana, .deepSeek3]) }
    ),
    (["falcon"], { ByteLevelRules([.falconPunctuation, .gpt2, .threeDigits]) }),
    (["bailingmoe", "bailingmoe2", "llada-moe"], { ByteLevelRules([.bailing]) }),
    (["seed-coder"], { ByteLevelRules([.seedCoder]) }),
    (["bloom", "poro-chat", "gpt3-finnish"], { ByteLevelRules([.bloom]) }),
    (["viking"], { ByteLevelRules([.bloom, .number]) }),
  ]

  /// Returns the rules that GGUF files call `name`, or `nil` if they are not known here.
  package init?(named name: String) {
    let name = UTF8Text(name)
    let row = Self.named.first { $0.names.contains { UTF8Text($0) == name } }
    guard let row else { return nil }
    self = row.rules()
  }

  /// What GGUF files call these rules, or `nil` if they have no name for them.
  package var name: String? { Self.named.first { $0.rules() == self }?.names[0] }

  /// The names of all rules, for error messages.
  static var supportedNames: String {
    let names = named.flatMap(\.names).map { "'\($0)'" }
    return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
  }

  /// Whether llama.cpp puts the begin token before a text if the file does not say otherwise.
  var addsBeginToken: Bool {
    self == ByteLevelRules([.llama3], wholeWords: true)
      || self == ByteLevelRules([.tekken], wholeWords: true)
  }
}
