internal import Tensors

/// Encodes floats in the block types of ggml that synthetic models are written in.
///
/// Rounds as ggml's own quantisers do, so that a file is the same byte for byte.
///
/// Source: `quantize_row_q4_0_ref` and `quantize_row_q8_0_ref` of ggml.
enum BlockQuantizer {
  /// The types this encodes.
  static let types: [ElementType] = [.q8_0, .q4_0]

  /// Returns the encoded elements.
  ///
  /// - Precondition: They fill whole blocks, and `type` is one of ``types``.
  static func encode(_ elements: [Float], as type: ElementType) -> [UInt8] {
    precondition(types.contains(type), "cannot encode \(type.rawValue)")
    precondition(elements.count.isMultiple(of: type.elementsPerBlock), "\(elements.count)")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(elements.count / type.elementsPerBlock * type.bytesPerBlock)
    let span = elements.span
    for start in stride(from: 0, to: elements.count, by: type.elementsPerBlock) {
      let block = span.extracting(start..<start + type.elementsPerBlock)
      if type == .q8_0 { appendQ8(block, to: &bytes) } else { appendQ4(block, to: &bytes) }
    }
    return bytes
  }

  /// Appends the scale, then 32 signed bytes.
  private static func appendQ8(_ block: Span<Float>, to bytes: inout [UInt8]) {
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
  private static func appendQ4(_ block: Span<Float>, to bytes: inout [UInt8]) {
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
