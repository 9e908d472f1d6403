/// Builds the bytes of a GGUF file, right or wrong.
struct GGUFBuilder {
  var magic: [UInt8] = Array("GGUF".utf8)
  var version: UInt32 = 3
  /// Written instead of the number of tensors or values.
  var tensorCount: UInt64?
  var metadataCount: UInt64?
  var alignment = 32

  private var metadata: [[UInt8]] = []
  private var infos: [[UInt8]] = []
  private var data: [UInt8] = []

  static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
  }

  static func string(_ text: String) -> [UInt8] {
    little(UInt64(text.utf8.count)) + Array(text.utf8)
  }

  /// An array value: its type, count and encoded elements.
  static func array(_ type: UInt32, count: UInt64, _ elements: [UInt8]) -> [UInt8] {
    little(type) + little(count) + elements
  }

  /// Adds a value of a type by its number in the file, in its encoding.
  mutating func add(_ key: String, type: UInt32, _ value: [UInt8]) {
    metadata.append(Self.string(key) + Self.little(type) + value)
  }

  mutating func add(_ key: String, _ text: String) { add(key, type: 8, Self.string(text)) }

  mutating func add(_ key: String, _ value: UInt32) { add(key, type: 4, Self.little(value)) }

  /// Adds a key-value pair as it stands.
  mutating func addRaw(_ bytes: [UInt8]) { metadata.append(bytes) }

  /// Adds a tensor behind the last; `offset` and `dimensions` may lie about it.
  mutating func addTensor(
    _ name: String, _ dimensions: [UInt64], type: UInt32 = 0, _ bytes: [UInt8],
    offset: UInt64? = nil, rank: UInt32? = nil
  ) {
    data += [UInt8](repeating: 0, count: (alignment - data.count % alignment) % alignment)
    infos.append(
      Self.string(name) + Self.little(rank ?? UInt32(dimensions.count))
        + dimensions.flatMap(Self.little) + Self.little(type)
        + Self.little(offset ?? UInt64(data.count)))
    data += bytes
  }

  var bytes: [UInt8] {
    var result =
      magic + Self.little(version) + Self.little(tensorCount ?? UInt64(infos.count))
      + Self.little(metadataCount ?? UInt64(metadata.count)) + metadata.joined() + infos.joined()
    result += [UInt8](repeating: 0, count: (alignment - result.count % alignment) % alignment)
    return result + data
  }
}

extension GGUFBuilder {
  /// The little-endian bytes of floats.
  static func floats(_ values: [Float]) -> [UInt8] { values.flatMap { little($0.bitPattern) } }

  /// A small llama with one layer part, every value type, and a permuted matrix of 8 rows and 2 heads.
  static func small() -> GGUFBuilder {
    var builder = GGUFBuilder()
    builder.add("general.architecture", "llama")
    builder.add("llama.attention.head_count", 2)
    builder.add("llama.attention.head_count_kv", 1)
    builder.add("llama.rope.freq_base", type: 6, floats([10_000]))
    builder.add(
      "tokenizer.ggml.tokens", type: 9,
      array(8, count: 3, string("a") + string("") + string("é")))
    builder.add("tokenizer.ggml.scores", type: 9, array(6, count: 2, floats([0.5, -1])))
    builder.add(
      "tokenizer.ggml.token_type", type: 9, array(5, count: 2, little(Int32(-3)) + little(Int32(4)))
    )
    builder.addTensor("token_embd.weight", [2, 3], floats([1, 2, 3, 4, 5, 6]))
    builder.addTensor("blk.0.attn_q.weight", [1, 8], floats([0, 1, 2, 3, 4, 5, 6, 7]))
    builder.addTensor("blk.0.attn_k.weight", [1, 4], floats([0, 1, 2, 3]))
    builder.addTensor("blk.0.attn_norm.weight", [2], floats([8, 9]))
    builder.addTensor("rope_freqs.weight", [2], floats([1, 1]))
    return builder
  }
}
