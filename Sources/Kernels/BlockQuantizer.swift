internal import Tensors

/// Encodes floats in block types of ggml.
///
/// Rounds as ggml's own quantisers do, so that a file is the same byte for byte.
///
/// Source: `quantize_row_q4_0_ref` and `quantize_row_q8_0_ref` of ggml.
enum BlockQuantizer {
  /// Appends one encoded block to bytes.
  typealias BlockEncoder = (_ block: Span<Float>, _ bytes: inout [UInt8]) -> Void

  /// Returns the encoded elements.
  ///
  /// - Precondition: They fill whole blocks of `type`, whose encoder is `append`.
  static func encode(
    _ elements: [Float], as type: ElementType, by append: BlockEncoder
  ) -> [UInt8] {
    let size = type.elementsPerBlock
    precondition(elements.count.isMultiple(of: size), "\(elements.count) elements")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(elements.count / size * type.bytesPerBlock)
    let span = elements.span
    for start in stride(from: 0, to: elements.count, by: size) {
      append(span.extracting(start..<start + size), &bytes)
    }
    return bytes
  }

  /// Appends the scale, then 32 signed bytes.
  static func appendQ8(_ block: Span<Float>, to bytes: inout [UInt8]) {
    let scale = abs(extreme(of: block)) / 127
    let inverse = scale == 0 ? 0 : 1 / scale
    append(scale, to: &bytes)
    for index in block.indices {
      let level = (block[index] * inverse).rounded(.toNearestOrAwayFromZero)
      bytes.append(UInt8(bitPattern: Int8(max(-127, min(127, level)))))
    }
  }

  /// Appends the scale, then 16 bytes: elements 0 to 15 in the low nibbles, the rest in the high ones.
  ///
  /// The element farthest from zero becomes −8 exactly, so the scale may be negative.
  static func appendQ4(_ block: Span<Float>, to bytes: inout [UInt8]) {
    let scale = extreme(of: block) / -8
    let inverse = scale == 0 ? 0 : 1 / scale
    append(scale, to: &bytes)
    for index in 0..<16 {
      let low = nibble(block[index] * inverse), high = nibble(block[index + 16] * inverse)
      bytes.append(low | high << 4)
    }
  }

  private static func nibble(_ level: Float) -> UInt8 { UInt8(max(0, min(15, level + 8.5))) }

  /// The first of the elements that are farthest from zero.
  private static func extreme(of block: Span<Float>) -> Float {
    var extreme: Float = 0
    for index in block.indices where abs(block[index]) > abs(extreme) { extreme = block[index] }
    return extreme
  }

  private static func append(_ scale: Float, to bytes: inout [UInt8]) {
    let bits = Float16(scale).bitPattern
    bytes.append(UInt8(truncatingIfNeeded: bits))
    bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
  }
}
