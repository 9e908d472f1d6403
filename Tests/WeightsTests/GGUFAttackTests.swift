import Bytes
import Testing
import Weights

/// A file that lies, and what must be said about it.
struct Attack: Sendable, CustomTestStringConvertible {
  let name: String
  let kind: FormatError.Kind
  /// A part of the error's description.
  let mention: String
  let bytes: [UInt8]

  var testDescription: String { name }
}

/// Attacks on the header and metadata.
private let metadataAttacks: [Attack] = {
  func attack(
    _ name: String, _ kind: FormatError.Kind, _ mention: String,
    _ change: (inout GGUFBuilder) -> Void
  ) -> Attack {
    var builder = GGUFBuilder.small()
    change(&builder)
    return Attack(name: name, kind: kind, mention: mention, bytes: builder.bytes)
  }
  func nested(_ depth: Int) -> [UInt8] {
    (0..<depth).reduce(GGUFBuilder.array(0, count: 0, [])) { inner, _ in
      GGUFBuilder.array(9, count: 1, inner)
    }
  }
  let big = UInt64(1) << 63
  return [
    attack("wrong magic number", .malformed, "GGUF") { $0.magic = Array("GGML".utf8) },
    attack("version 1", .unsupported, "version") { $0.version = 1 },
    attack("version 4", .unsupported, "found 4") { $0.version = 4 },
    attack("big-endian", .unsupported, "big-endian") { $0.version = 3 << 24 },
    attack("2^63 tensors", .truncated, "tensor count") { $0.tensorCount = big },
    attack("2^63 values", .truncated, "metadata count") { $0.metadataCount = big },
    attack("65,537 keys", .malformed, "at most 65536") {
      for index in 0...1 << 16 { $0.add("\(index)", 1) }
    },
    attack("131,073 tensors", .malformed, "at most 131072") {
      $0.tensorCount = 1 << 17 + 1
      $0.addTensor("x", [1 << 20], [UInt8](repeating: 0, count: 4 << 20))
    },
    attack("one value too few", .malformed, "tensor") { $0.metadataCount = 6 },
    attack("key longer than the file", .truncated, "key") {
      $0.addRaw(GGUFBuilder.little(big) + [0x61])
    },
    attack("key of 65,536 bytes", .malformed, "65536") {
      $0.add(String(repeating: "k", count: 65536), 1)
    },
    attack("key that is not UTF-8", .malformed, "UTF-8") {
      $0.addRaw(GGUFBuilder.little(UInt64(1)) + [0xff] + GGUFBuilder.little(UInt32(7)) + [1])
    },
    attack("text that is not UTF-8", .malformed, "\"bad\"") {
      $0.add("bad", type: 8, GGUFBuilder.little(UInt64(2)) + [0xc3, 0x28])
    },
    attack("text of 2^64 - 1 bytes", .truncated, "\"long\"") {
      $0.add("long", type: 8, GGUFBuilder.little(UInt64.max))
    },
    attack("value type 13", .malformed, "type 13") { $0.add("odd", type: 13, [0]) },
    attack("array of type 99", .malformed, "type 99") {
      $0.add("odd", type: 9, GGUFBuilder.array(99, count: 1, [0]))
    },
    attack("array of 2^63 strings", .truncated, "\"many\"") {
      $0.add("many", type: 9, GGUFBuilder.array(8, count: big, []))
    },
    attack("array whose bytes overflow", .truncated, "\"many\"") {
      $0.add("many", type: 9, GGUFBuilder.array(10, count: 1 << 61, []))
    },
    attack("string in an array past the end", .truncated, "\"tail\"") {
      $0.add("tail", type: 9, GGUFBuilder.array(8, count: 1, GGUFBuilder.little(big)))
    },
    attack("arrays 5 deep", .malformed, "nested") { $0.add("deep", type: 9, nested(4)) },
    attack("arrays 1000 deep", .malformed, "nested") { $0.add("deep", type: 9, nested(1000)) },
    attack("duplicate key", .malformed, "twice") { $0.add("general.architecture", "llama") },
    attack("alignment 0", .malformed, "alignment") { $0.add("general.alignment", 0) },
    attack("alignment 3", .malformed, "alignment") { $0.add("general.alignment", 3) },
    attack("alignment 2^62", .malformed, "alignment") {
      $0.add("general.alignment", type: 10, GGUFBuilder.little(UInt64(1) << 62))
    },
    attack("alignment that is a text", .malformed, "alignment") {
      $0.add("general.alignment", "32")
    },
  ]
}()

/// Attacks on the tensors.
private let tensorAttacks: [Attack] = {
  func attack(
    _ name: String, _ kind: FormatError.Kind, _ mention: String,
    _ change: (inout GGUFBuilder) -> Void
  ) -> Attack {
    var builder = GGUFBuilder.small()
    change(&builder)
    return Attack(name: name, kind: kind, mention: mention, bytes: builder.bytes)
  }
  let four = GGUFBuilder.floats([1])
  let big = UInt64(1) << 63
  return [
    attack("duplicate tensor", .malformed, "twice") {
      $0.addTensor("token_embd.weight", [1], four)
    },
    attack("rank 0", .malformed, "rank 0") { $0.addTensor("x", [], four) },
    attack("rank 5", .malformed, "rank 5") { $0.addTensor("x", [1, 1, 1, 1, 1], four) },
    attack("rank 2^32 - 1", .malformed, "rank") { $0.addTensor("x", [1], four, rank: .max) },
    attack("zero dimension", .malformed, "dimension 1") { $0.addTensor("x", [1, 0], four) },
    attack("dimension 2^63", .malformed, "dimension 0") { $0.addTensor("x", [big], four) },
    attack("dimensions that overflow", .malformed, "2^63") {
      $0.addTensor("x", [1 << 32, 1 << 32], four)
    },
    attack("bytes that overflow", .malformed, "2^63") { $0.addTensor("x", [1 << 62], four) },
    attack("half a block", .malformed, "multiple of 32") {
      $0.addTensor("x", [48], type: 3, [UInt8](repeating: 0, count: 40))
    },
    attack("offset off the alignment", .malformed, "multiple of 32") {
      $0.addTensor("x", [1], four, offset: 4)
    },
    attack("offset past the end", .truncated, "\"x\"") {
      $0.addTensor("x", [1], four, offset: 1 << 40)
    },
    attack("offset 2^64 - 32", .truncated, "\"x\"") {
      $0.addTensor("x", [1], four, offset: UInt64.max - 31)
    },
    attack("tensor longer than the file", .truncated, "\"x\"") {
      $0.addTensor("x", [1 << 40], four)
    },
    attack("tensors over each other", .malformed, "over those of") {
      $0.addTensor("x", [1], four, offset: 0)
    },
    attack("tensor name that ends the terminal's line", .malformed, "\\n") {
      $0.addTensor("x\n\u{1b}[31m", [0], four)
    },
  ]
}()

@Suite("GGUF attacks")
struct GGUFAttackTests {
  @Test("A lying file is refused with its place", arguments: metadataAttacks + tensorAttacks)
  func refuses(_ attack: Attack) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(attack.bytes, as: "attack.gguf")
    let error = #expect(throws: WeightsError.self) { try GGUFFile.open(path: path) }
    guard case .format(let error)? = error else {
      Issue.record("not a format error: \(String(describing: error))")
      return
    }
    #expect(error.kind == attack.kind && error.description.contains(attack.mention), "\(error)")
    #expect(error.path == path)
  }

  @Test("A file cut short anywhere is refused")
  func refusesEveryTruncation() throws {
    let folder = try TemporaryFolder()
    let bytes = GGUFBuilder.small().bytes
    for count in 0..<bytes.count {
      let path = try folder.write(Array(bytes.prefix(count)), as: "cut.gguf")
      #expect(throws: WeightsError.self, "\(count) bytes") { try GGUFFile.open(path: path) }
    }
  }

  @Test("Random changes never trap", arguments: 1...4 as ClosedRange<UInt64>)
  func survivesMutations(seed: UInt64) throws {
    let folder = try TemporaryFolder()
    let bytes = GGUFBuilder.small().bytes
    var inputs = Inputs(state: seed)
    var refusals = 0
    for _ in 0..<2000 {
      let path = try folder.write(inputs.mutated(bytes), as: "mutated.gguf")
      do { try readEverything(path: path) } catch is WeightsError { refusals += 1 }
    }
    // Some changes touch weights only, and such a file is right.
    #expect((1..<2000).contains(refusals))
  }
}
