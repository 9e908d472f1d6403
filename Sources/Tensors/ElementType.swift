/// How the elements of a tensor are stored in a weight file.
///
/// Quantised types store blocks: a scale (and an offset), then small integers.
public enum ElementType: String, Sendable, CaseIterable {
  /// IEEE-754 binary32.
  case f32
  /// IEEE-754 binary16.
  case f16
  /// The upper half of a binary32.
  case bf16
  /// GGUF Q8_0: 32 signed bytes behind a binary16 scale.
  case q8_0
  /// GGUF Q4_0: 32 nibbles, offset by 8, behind a binary16 scale.
  case q4_0
  /// GGUF Q4_1: 32 nibbles behind a binary16 scale and a binary16 minimum.
  case q4_1

  /// The number of elements that are stored together.
  public var elementsPerBlock: Int {
    switch self {
    case .f32, .f16, .bf16: 1
    case .q8_0, .q4_0, .q4_1: 32
    }
  }

  /// The number of bytes of one block.
  public var bytesPerBlock: Int {
    switch self {
    case .f32: 4
    case .f16, .bf16: 2
    case .q8_0: 34
    case .q4_0: 18
    case .q4_1: 20
    }
  }

  /// Returns the bytes that `count` elements take, or `nil` if they do not fill whole blocks or the
  /// product overflows.
  public func byteCount(elements count: Int) -> Int? {
    guard count >= 0, count.isMultiple(of: elementsPerBlock) else { return nil }
    let blocks = count / elementsPerBlock
    let (bytes, overflow) = blocks.multipliedReportingOverflow(by: bytesPerBlock)
    return overflow ? nil : bytes
  }
}
