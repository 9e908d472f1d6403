internal import CZlib

/// Unpacks gzip files (RFC 1952): the only use of zlib.
package enum Gzip {
  /// The reason bytes cannot be unpacked.
  package enum Failure: Error, Equatable {
    /// They end inside of a member.
    case truncated
    /// They break the rules of the format, or a checksum is another.
    case damaged
    /// They hold more than the limit.
    case tooLarge
  }

  private static let chunkSize = 1 << 18

  /// Returns whether bytes begin as a gzip file does.
  package static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// Returns what one or more members, one behind the other, hold.
  ///
  /// - Parameters:
  ///   - bytes: Fewer than 4 GiB.
  ///   - limit: The largest number of bytes of the result: a kilobyte may hold a megabyte.
  /// - Throws: ``Failure``.
  /// - Complexity: O(bytes of the result), in memory too.
  package static func unpack(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
    guard let packedCount = uInt(exactly: bytes.count) else { throw .tooLarge }
    var stream = unsafe z_stream()
    // 15 is the largest window; 16 more ask for gzip's header.
    let status = unsafe inflateInit2_(
      &stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw .damaged }
    defer { unsafe inflateEnd(&stream) }
    // SAFETY: the stream reads only packedCount bytes of the array, while it is held here.
    let result = unsafe bytes.withUnsafeBufferPointer { input -> Result<[UInt8], Failure> in
      unsafe stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
      unsafe stream.avail_in = packedCount
      return Result { () throws(Failure) in try unsafe unpack(&stream, limit: limit) }
    }
    return try result.get()
  }

  private static func unpack(
    _ stream: inout z_stream, limit: Int
  ) throws(Failure) -> [UInt8] {
    var unpacked: [UInt8] = []
    while true {
      let (chunk, status) = unsafe nextChunk(&stream)
      unpacked += chunk
      guard unpacked.count <= limit else { throw .tooLarge }
      switch status {
      case Z_OK: continue
      case Z_STREAM_END where unsafe stream.avail_in == 0: return unpacked
      case Z_STREAM_END: unsafe inflateReset(&stream)
      case Z_BUF_ERROR: throw .truncated
      default: throw .damaged
      }
    }
  }

  private static func nextChunk(_ stream: inout z_stream) -> (bytes: [UInt8], status: Int32) {
    var status = Z_OK
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: chunkSize) { buffer, count in
      unsafe stream.next_out = buffer.baseAddress
      unsafe stream.avail_out = uInt(buffer.count)
      // SAFETY: the stream writes at most avail_out bytes.
      status = unsafe inflate(&stream, Z_NO_FLUSH)
      count = unsafe buffer.count - Int(stream.avail_out)
    }
    return (bytes, status)
  }
}
