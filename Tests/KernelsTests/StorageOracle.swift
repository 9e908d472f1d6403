import Tensors

/// What the elements of weight files mean, one at a time, from their definitions.
enum Oracle {
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
    type.elementsPerBlock == 256
      ? SuperblockOracle(block, index).element(of: type)
      : BlockOracle(block, index).element(of: type)
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

/// An element of a block of at most 32.
private struct BlockOracle {
  let block: [UInt8]
  let index: Int

  init(_ block: ArraySlice<UInt8>, _ index: Int) {
    self.block = Array(block)
    self.index = index
  }

  func half(at byte: Int) -> Float { Oracle.float16(Oracle.halfBits(block[byte..<byte + 2])) }

  /// Element of a nibble, of which 16 bytes begin at `first`.
  func nibble(_ first: Int) -> Int {
    let byte = block[first + index % 16]
    return Int(index < 16 ? byte & 15 : byte >> 4)
  }

  /// The bit of the element, of which 4 bytes begin at `first`.
  func bit(_ first: Int) -> Int { Int(block[first + index / 8] >> (index % 8) & 1) }

  func element(of type: ElementType) -> Float {
    switch type {
    case .f32: return Float(bitPattern: block.reversed().reduce(0) { $0 << 8 | UInt32($1) })
    case .f16: return half(at: 0)
    case .bf16: return Float(bitPattern: UInt32(Oracle.halfBits(block[0...])) << 16)
    case .q8_0: return half(at: 0) * Float(Int8(bitPattern: block[2 + index]))
    case .q4_0: return half(at: 0) * Float(nibble(2) - 8)
    case .q4_1: return sum(half(at: 0) * Float(nibble(4)), half(at: 2))
    case .q5_0: return half(at: 0) * Float(nibble(6) + 16 * bit(2) - 16)
    case .q5_1: return sum(half(at: 0) * Float(nibble(8) + 16 * bit(4)), half(at: 2))
    case .iq4_nl: return half(at: 0) * Oracle.levels[nibble(2)]
    case .mxfp4:
      let scale = Double(sign: .plus, exponent: Int(block[0]) - 127, significand: 1)
      let magnitudes = [0, 0.5, 1, 1.5, 2, 3, 4, 6]
      let number = nibble(1)
      // Of two zeros ggml knows one.
      return number == 8 ? 0 : Float(scale * (number < 8 ? 1 : -1) * magnitudes[number % 8])
    default: preconditionFailure("\(type)")
    }
  }
}

/// An element of a block of 256.
private struct SuperblockOracle {
  let block: [UInt8]
  let index: Int

  init(_ block: ArraySlice<UInt8>, _ index: Int) {
    self.block = Array(block)
    self.index = index
  }

  func half(at byte: Int) -> Float { Oracle.float16(Oracle.halfBits(block[byte..<byte + 2])) }

  /// The number of `bits` bits at `shift` of byte `byte`.
  func number(_ byte: Int, _ shift: Int, bits: Int) -> Int {
    Int(block[byte]) >> shift & (1 << bits - 1)
  }

  /// Which half of the block, which row of 32 elements in it, and which byte of 32.
  var place: (half: Int, row: Int, byte: Int) { (index / 128, index / 32 % 4, index % 32) }

  /// A scale (`first` 4) or a minimum (8) of Q4_K and Q5_K: six bits, or four and two elsewhere.
  func packed(_ first: Int) -> Float {
    let part = index / 32
    if part < 4 { return Float(number(first + part, 0, bits: 6)) }
    let low = number(12 + part - 4, first == 4 ? 0 : 4, bits: 4)
    return Float(low + 16 * number(first + part - 4, 6, bits: 2))
  }

  func element(of type: ElementType) -> Float {
    let (half, row, byte) = place
    switch type {
    case .q2_k:
      let level = number(16 + half * 32 + byte, row * 2, bits: 2)
      let scale = self.half(at: 80) * Float(number(index / 16, 0, bits: 4))
      let minimum = self.half(at: 82) * Float(number(index / 16, 4, bits: 4))
      return sum(scale * Float(level), -minimum)
    case .q3_k:
      let level = number(32 + half * 32 + byte, row * 2, bits: 2)
      let third = number(byte, index / 32, bits: 1)
      let part = index / 16
      let low = number(96 + part % 8, part / 8 * 4, bits: 4)
      let factor = low + 16 * number(104 + part % 4, part / 4 * 2, bits: 2)
      return self.half(at: 108) * Float(factor - 32) * Float(level + 4 * third - 4)
    case .q4_k:
      let level = number(16 + index / 64 * 32 + byte, index / 32 % 2 * 4, bits: 4)
      return sum(self.half(at: 0) * packed(4) * Float(level), -(self.half(at: 2) * packed(8)))
    case .q5_k:
      let low = number(48 + index / 64 * 32 + byte, index / 32 % 2 * 4, bits: 4)
      let level = low + 16 * number(16 + byte, index / 32, bits: 1)
      return sum(self.half(at: 0) * packed(4) * Float(level), -(self.half(at: 2) * packed(8)))
    case .q6_k:
      let low = number(half * 64 + index % 64, row / 2 * 4, bits: 4)
      let level = low + 16 * number(128 + half * 32 + byte, row * 2, bits: 2)
      let factor = Float(Int8(bitPattern: block[192 + index / 16]))
      return self.half(at: 208) * factor * Float(level - 32)
    case .q8_k:
      let bits = block[..<4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
      return Float(bitPattern: bits) * Float(Int8(bitPattern: block[4 + index]))
    case .iq4_xs:
      let part = index / 32
      let high = Int(Oracle.halfBits(block[2..<4])) >> (2 * part) & 3
      let factor = number(4 + part / 2, part % 2 * 4, bits: 4) + 16 * high
      let level = number(8 + part * 16 + index % 16, byte / 16 * 4, bits: 4)
      return self.half(at: 0) * Float(factor - 32) * Oracle.levels[level]
    default: preconditionFailure("\(type)")
    }
  }
}

/// A sum of its own, so that no compiler fuses it with a product.
@inline(never)
private func sum(_ a: Float, _ b: Float) -> Float { a + b }

extension Oracle {
  /// The levels of IQ4_NL.
  static let levels: [Float] = [
    -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
  ]
}
