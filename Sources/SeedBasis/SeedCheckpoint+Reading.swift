import Bytes
import Crypto

private typealias Format = SeedCheckpointFormat

extension SeedCheckpoint {
  /// Reads the file at `path`.
  ///
  /// Lengths are checked before they are used, and the checksum before the content.
  ///
  /// - Throws: ``SeedCheckpointError``, for a file that is not exactly as specified.
  public static func read(path: String) throws(SeedCheckpointError) -> SeedCheckpoint {
    let file: MappedFile
    do { file = try MappedFile(path: path) } catch { throw .file(error) }
    guard file.byteCount <= Format.fileLimit else {
      throw .malformed(
        path: path, place: "file", found: "\(file.byteCount) bytes",
        expected: "at most \(Format.fileLimit)")
    }
    var reader = SeedCheckpointReader(file)
    let headerRange = try reader.headerRange()
    let coefficientBytes = try reader.checkedRest()
    let header = try SeedCheckpointHeader(file, headerRange)
    let basis = try header.basis(version: reader.version)
    return SeedCheckpoint(
      baseHash: try header.hash("base"), parameterMapHash: try header.hash("parameter_map"),
      basis: basis,
      coefficients: try reader.coefficients(coefficientBytes, count: basis.candidateCount),
      history: try header.history())
  }
}

/// Takes a file apart from its start.
private struct SeedCheckpointReader {
  private let bytes: [UInt8]
  private let path: String
  /// The format version, once ``headerRange()`` has read it.
  private(set) var version = Format.version
  // What has not been taken yet; its indices are those of the file.
  private var rest: ArraySlice<UInt8>

  init(_ file: MappedFile) {
    // SAFETY: the bytes are copied during the call.
    bytes = unsafe file.bytes.withUnsafeBytes { unsafe [UInt8]($0) }
    path = file.path
    rest = bytes[...]
  }

  private func malformed(
    _ place: String, _ found: String, _ expected: String
  ) -> SeedCheckpointError {
    .malformed(path: path, place: place, found: found, expected: expected)
  }

  private mutating func take(
    _ count: Int, _ place: String
  ) throws(SeedCheckpointError) -> ArraySlice<UInt8> {
    guard count <= rest.count else {
      throw malformed(place, "\(rest.count) bytes before the end of the file", "\(count)")
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private mutating func word(_ place: String) throws(SeedCheckpointError) -> Int {
    Int(Self.littleEndian(try take(4, place)))
  }

  private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Returns the place of the header, after a check of what precedes it.
  mutating func headerRange() throws(SeedCheckpointError) -> Range<Int> {
    let magic = try take(Format.magic.count, "magic")
    guard Array(magic) == Format.magic else {
      throw malformed("magic", "\(Array(magic))", "\(Format.magic), the text KSEED and zeros")
    }
    let version = try word("format version")
    guard (Format.version...Format.versionWithParameters).contains(version) else {
      throw .unsupported(
        path: path, place: "format version", version: version,
        expected: Format.versionWithParameters)
    }
    self.version = version
    let length = try word("length of the header")
    guard length <= Format.headerLimit else {
      throw malformed("length of the header", "\(length)", "at most \(Format.headerLimit)")
    }
    return try take(length, "header").indices
  }

  /// Returns the bytes between the header and the checksum, if that is right.
  mutating func checkedRest() throws(SeedCheckpointError) -> ArraySlice<UInt8> {
    let content = try take(max(0, rest.count - Format.checksumLength), "coefficients")
    let checksum = Array(try take(Format.checksumLength, "checksum"))
    let expected = Array(SHA256.hash(data: bytes[..<content.endIndex]))
    guard checksum == expected else {
      throw malformed("checksum", Self.hexadecimal(checksum), Self.hexadecimal(expected))
    }
    return content
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  func coefficients(
    _ bytes: ArraySlice<UInt8>, count: Int
  ) throws(SeedCheckpointError) -> Coefficients {
    guard bytes.count == 4 * count else {
      throw malformed("coefficients", "\(bytes.count) bytes", "\(4 * count) for \(count)")
    }
    let values = stride(from: bytes.startIndex, to: bytes.endIndex, by: 4).map {
      Float(bitPattern: Self.littleEndian(bytes[$0..<$0 + 4]))
    }
    do { return try Coefficients(values) } catch {
      let candidate = values.firstIndex { !$0.isFinite } ?? 0
      throw malformed(
        "coefficient \(candidate), byte \(bytes.startIndex + 4 * candidate)",
        "\(values[candidate])", "a finite number")
    }
  }
}
