import Kernels
import Tensors
import Testing

/// What the elements of weight files mean, one at a time, from their definitions.
private enum Oracle {
  static func halfBits(_ bytes: ArraySlice<UInt8>) -> UInt16 {
    UInt16(bytes[bytes.startIndex]) | UInt16(bytes[bytes.startIndex + 1]) << 8
  }

  /// The value of a binary16 by its definition: sign, exponent, fraction.
  static func float16(_ bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 1 ? -1 : 1
    let exponent = Int(bits >> 10 & 31)
    let fraction = Float(bits & 1023)
    switch exponent {
    case 0: return sign * fraction / 16_777_216
    case 31 where fraction == 0: return sign * .infinity
    case 31:
      return Float(bitPattern: UInt32(bits >> 15) << 31 | 0x7fc0_0000 | UInt32(fraction) << 13)
    default:
      let significand = 1 + fraction / 1024
      return sign * significand * Float(sign: .plus, exponent: exponent - 15, significand: 1)
    }
  }

  /// The element `index` of a block.
  static func element(_ index: Int, of type: ElementType, _ block: ArraySlice<UInt8>) -> Float {
    let d = float16(halfBits(block))
    func nibble(_ first: Int) -> Float {
      let byte = block[block.startIndex + first + index % 16]
      return Float(index < 16 ? byte & 15 : byte >> 4)
    }
    switch type {
    case .q8_0: return d * Float(Int8(bitPattern: block[block.startIndex + 2 + index]))
    case .q4_0: return d * (nibble(2) - 8)
    case .q4_1:
      let product = d * nibble(4)
      return product + float16(halfBits(block.dropFirst(2)))
    case .f16: return d
    case .bf16: return Float(bitPattern: UInt32(halfBits(block)) << 16)
    case .f32:
      return Float(
        bitPattern: block.reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }
  }

  static func load(_ bytes: [UInt8], as type: ElementType) -> [Float] {
    stride(from: 0, to: bytes.count, by: type.bytesPerBlock).flatMap { start in
      (0..<type.elementsPerBlock).map {
        element($0, of: type, bytes[start..<start + type.bytesPerBlock])
      }
    }
  }

  /// The nearest of all finite binary16 or bfloat16 to `value`, ties to the even bit pattern.
  ///
  /// `grid` is the values of the patterns 0, 1, 2, …; the last stands for what rounds to infinity.
  static func nearest(_ value: Float, on grid: [Double]) -> UInt16 {
    let magnitude = Double(value.magnitude)
    var low = 0
    var high = grid.count - 1
    while high - low > 1 {
      let middle = (low + high) / 2
      if grid[middle] <= magnitude { low = middle } else { high = middle }
    }
    if magnitude >= grid[high] { return UInt16(high) | UInt16(value.sign == .minus ? 0x8000 : 0) }
    let below = magnitude - grid[low]
    let above = grid[high] - magnitude
    let isUp = above < below || above == below && low % 2 == 1
    return UInt16(isUp ? high : low) | UInt16(value.sign == .minus ? 0x8000 : 0)
  }

  /// The values of the patterns 0 up to and including infinity's, which continues the last binade.
  static func grid(of type: ElementType) -> [Double] {
    let infinity: UInt16 = type == .f16 ? 0x7c00 : 0x7f80
    let values = (0..<infinity).map { bits in
      type == .f16
        ? Double(float16(bits)) : Double(Float(bitPattern: UInt32(bits) << 16))
    }
    return values + [2 * values[values.count - 1] - values[values.count - 2]]
  }
}

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
