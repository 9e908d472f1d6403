import Foundation
import Kernels
import Tensors
import Testing

/// A generator for inputs (SplitMix64).
private struct Inputs: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Bits that are the same for all NaNs.
private func bits(_ values: [Float]) -> [UInt32] {
  values.map { $0.isNaN ? Float.nan.bitPattern : $0.bitPattern }
}

/// FNV-1a of the bits, a word at a time.
private func fingerprint(_ values: [Float]) -> String {
  let hash = bits(values).reduce(14_695_981_039_346_656_037 as UInt64) {
    ($0 ^ UInt64($1)) &* 1_099_511_628_211
  }
  return String(hash, radix: 16)
}

/// Fingerprints of what the Python package gguf makes of random blocks, by type; see
/// `Golden/make_blocks.py`.
private struct GoldenBlocks: Decodable {
  let blocks: Int
  let fingerprint: String

  static func all() throws -> [String: GoldenBlocks] { try golden("blocks.json") }
}

/// Weights of SmolLM2 as ggml quantises them; see `Golden/make_real_blocks.py`.
private struct RealBlocks: Decodable {
  let bytes: Data
  let fingerprint: String
}

private func golden<Value: Decodable>(_ name: String) throws -> [String: Value] {
  let folder = URL(filePath: #filePath).deletingLastPathComponent()
  let data = try Data(contentsOf: folder.appending(path: "Golden/" + name))
  return try JSONDecoder().decode([String: Value].self, from: data)
}

@Suite("Storage kernels")
struct StorageKernelTests {
  /// Counts around every vector width we compile for, plus odd tails.
  static let counts = [0, 1, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 100]

  static let floating: [ElementType] = [.f16, .bf16]

  private func load(_ bytes: [UInt8], as type: ElementType, on set: InstructionSet) -> [Float] {
    let count = bytes.count / type.bytesPerBlock * type.elementsPerBlock
    let matrix = Matrix(rows: 1, columns: count)
    // SAFETY: every byte of the array is initialised.
    unsafe StorageKernels(set).load(bytes.span.bytes, as: type, into: matrix)
    return matrix.elements
  }

  private func store(_ values: [Float], as type: ElementType, on set: InstructionSet) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xAA, count: values.count * type.bytesPerBlock)
    StorageKernels(set).store(Matrix(row: values), as: type, into: &bytes)
    return bytes
  }

  private func patterns(_ bytes: [UInt8]) -> [UInt16] {
    stride(from: 0, to: bytes.count, by: 2).map { Oracle.halfBits(bytes[$0..<$0 + 2]) }
  }

  private func bytes(_ patterns: some Sequence<UInt16>) -> [UInt8] {
    patterns.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
  }

  @Test(
    "All 65,536 patterns of a 16-bit type load as their definition says, NaN payloads included",
    arguments: InstructionSet.available, floating)
  func loadsEveryPattern(on set: InstructionSet, type: ElementType) {
    let stored = bytes(0...UInt16.max)
    let expected = Oracle.load(stored, as: type)
    #expect(load(stored, as: type, on: set).map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test(
    "Every 16-bit pattern survives a load and a store, a signalling NaN as a quiet one",
    arguments: InstructionSet.available, floating)
  func roundTripsEveryPattern(on set: InstructionSet, type: ElementType) {
    let (infinity, quiet): (UInt16, UInt16) =
      type == .f16 ? (0x7c00, 0x0200) : (0x7f80, 0x0040)
    let expected = (0...UInt16.max).map { $0 & 0x7fff > infinity ? $0 | quiet : $0 }
    let values = load(bytes(0...UInt16.max), as: type, on: set)
    #expect(patterns(store(values, as: type, on: set)) == expected)
  }

  @Test(
    "A store rounds to the nearest pattern, ties to even, at and around every midpoint",
    arguments: InstructionSet.available, floating)
  func roundsToNearestEven(on set: InstructionSet, type: ElementType) {
    let grid = Oracle.grid(of: type)
    let midpoints = zip(grid, grid.dropFirst()).map { Float(($0 + $1) / 2) }
    let values = midpoints.flatMap { [$0.nextDown, $0, $0.nextUp, -$0] }
    let expected = values.map { Oracle.nearest($0, on: grid) }
    #expect(patterns(store(values, as: type, on: set)) == expected)
  }

  @Test(
    "Random binary32 patterns store as the nearest pattern",
    arguments: InstructionSet.available, floating)
  func storesRandomPatterns(on set: InstructionSet, type: ElementType) {
    var inputs = Inputs(state: 1)
    let values =
      (0..<50_000).map { _ in Float(bitPattern: .random(in: 0...UInt32.max, using: &inputs)) }
      .filter { !$0.isNaN } + [.infinity, -.infinity, 0, -0.0, .leastNonzeroMagnitude]
    let grid = Oracle.grid(of: type)
    let expected = values.map { Oracle.nearest($0, on: grid) }
    #expect(patterns(store(values, as: type, on: set)) == expected)
  }

  @Test(
    "Random blocks load as their definition says",
    arguments: InstructionSet.available, ElementType.allCases)
  func loadsRandomBlocks(on set: InstructionSet, type: ElementType) {
    var inputs = Inputs(state: 2)
    let stored = (0..<type.bytesPerBlock * 3000).map { _ in
      UInt8.random(in: 0...255, using: &inputs)
    }
    #expect(bits(load(stored, as: type, on: set)) == bits(Oracle.load(stored, as: type)))
  }

  @Test(
    "Thousands of random blocks load as the Python package gguf dequantises them",
    arguments: InstructionSet.available, ElementType.allCases.filter { $0.elementsPerBlock > 1 })
  func agreesWithGGUF(on set: InstructionSet, type: ElementType) throws {
    let golden = try GoldenBlocks.all()
    let expected = try #require(golden[type.ggufName], "no values of \(type)")
    var inputs = Inputs(state: 4)
    let words = (type.bytesPerBlock * expected.blocks + 7) / 8
    let stored = (0..<words).flatMap { _ in
      let word = inputs.next()
      return (0..<8).map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) }
    }
    let blocks = Array(stored[..<(type.bytesPerBlock * expected.blocks)])
    #expect(fingerprint(load(blocks, as: type, on: set)) == expected.fingerprint)
  }

  @Test("So do real blocks, quantised by ggml", arguments: InstructionSet.available)
  func agreesOnRealBlocks(set: InstructionSet) throws {
    let blocks: [String: RealBlocks] = try golden("real_blocks.json")
    for (name, expected) in blocks {
      let type = try #require(ElementType.allCases.first { $0.ggufName == name })
      let values = load([UInt8](expected.bytes), as: type, on: set)
      #expect(values.count == 2048 && fingerprint(values) == expected.fingerprint, "\(name)")
    }
    #expect(blocks.count == 12)
  }

  @Test(
    "A zero times a negative scale keeps its sign",
    arguments: InstructionSet.available, [ElementType.q8_0, .q4_0])
  func keepsNegativeZero(on set: InstructionSet, type: ElementType) {
    let zero: UInt8 = type == .q4_0 ? 0x88 : 0
    let stored = [0x00, 0xbc] + [UInt8](repeating: zero, count: type.bytesPerBlock - 2)
    #expect(load(stored, as: type, on: set).allSatisfy { $0.sign == .minus && $0 == 0 })
  }

  @Test(
    "Short and odd counts load and store every element from any address",
    arguments: InstructionSet.available, [ElementType.f32, .f16, .bf16])
  func handlesTails(on set: InstructionSet, type: ElementType) {
    var inputs = Inputs(state: 3)
    for count in Self.counts {
      let values = (0..<count).map { _ in Float(Int8.random(in: -100...100, using: &inputs)) }
      let stored = store(values, as: type, on: set)
      // One byte further, so that no element is aligned.
      let shifted = [7] + stored
      let matrix = Matrix(rows: 1, columns: count)
      // SAFETY: every byte of the array is initialised.
      unsafe StorageKernels(set).load(
        shifted.span.bytes.extracting(1...), as: type, into: matrix)
      #expect(matrix.elements == values, "\(count) elements")
    }
  }

  @Test("Bytes that do not fill the matrix are a programming error")
  func trapsOnSizeMismatch() async {
    await #expect(processExitsWith: .failure) {
      let bytes = [UInt8](repeating: 0, count: 7)
      unsafe StorageKernels(.scalar).load(
        bytes.span.bytes, as: .f32, into: Matrix(rows: 1, columns: 2))
    }
  }
}
