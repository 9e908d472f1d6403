/// Reads little-endian values from bytes of a stranger, in order, never past their end.
///
/// What is missing is `nil`; who reads knows what to say about it.
package struct ByteReader: Sendable {
  private let bytes: ArraySlice<UInt8>

  /// How many bytes have been read.
  package private(set) var offset = 0

  /// Starts at the first of `bytes`.
  package init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// How many bytes are left.
  package var remaining: Int { bytes.count - offset }

  /// Returns the next `count` bytes, or `nil`, and takes none, if fewer are left.
  ///
  /// - Precondition: `count` is not negative.
  package mutating func read(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= remaining else { return nil }
    let start = bytes.startIndex + offset
    offset += count
    return bytes[start..<start + count]
  }

  /// Returns the next byte, or `nil` if none is left.
  ///
  /// Other modules call it without a detour by types, which costs fifty times as much.
  package mutating func readByte() -> UInt8? {
    guard offset < bytes.count else { return nil }
    defer { offset += 1 }
    return bytes[bytes.startIndex + offset]
  }

  /// Returns the next unsigned number, or `nil`, and takes nothing, if fewer bytes are left.
  package mutating func read<T: FixedWidthInteger & UnsignedInteger>(_: T.Type = T.self) -> T? {
    read(MemoryLayout<T>.size).map(littleEndian)
  }
}

/// Returns the unsigned number that `bytes` spell, the lowest first.
///
/// - Precondition: It fits.
package func littleEndian<T: FixedWidthInteger & UnsignedInteger>(
  _ bytes: ArraySlice<UInt8>
) -> T {
  bytes.reversed().reduce(0) { $0 << 8 | T($1) }
}
