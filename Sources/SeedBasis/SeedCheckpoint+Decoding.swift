import Crypto
import Foundation

private typealias Format = SeedCheckpointFormat

extension SeedCheckpoint {
  /// Reads the bytes of a file; `path` is for messages.
  ///
  /// Lengths are checked before they are used, and the checksum before the content.
  ///
  /// - Throws: ``SeedCheckpointError``.
  package init(decoding bytes: [UInt8], path: String) throws(SeedCheckpointError) {
    var reader = SeedCheckpointReader(file: bytes, path: path)
    let headerBytes = try reader.header()
    let coefficientBytes = try reader.checkedRest()
    let header: Format.Header
    do { header = try JSONDecoder().decode(Format.Header.self, from: Data(headerBytes)) } catch {
      throw reader.malformed("header", Self.summary(of: error), "the JSON object specified")
    }
    try self.init(header, coefficientBytes, reader)
  }

  private init(
    _ header: Format.Header, _ coefficientBytes: ArraySlice<UInt8>, _ reader: SeedCheckpointReader
  ) throws(SeedCheckpointError) {
    for (key, hash) in [("base", header.base), ("parameter_map", header.parameterMap)]
    where !Self.isHash(hash) {
      throw reader.malformed(
        key, hash.prefix(80).debugDescription, "64 lowercase hexadecimal digits")
    }
    for (key, number) in [("epsilon", header.epsilon), ("learning_rate", header.learningRate)]
    where !number.isFinite {
      throw reader.malformed(key, "\(number)", "a finite number")
    }
    for (key, number) in [("steps", header.steps), ("rounds", header.rounds)] where number < 0 {
      throw reader.malformed(key, "\(number)", "a count")
    }
    let basis = try reader.basis(header)
    self.init(
      baseHash: header.base, parameterMapHash: header.parameterMap, basis: basis,
      coefficients: try reader.coefficients(coefficientBytes, count: basis.candidateCount),
      history: History(
        epsilon: header.epsilon, learningRate: header.learningRate, steps: header.steps,
        rounds: header.rounds, tool: header.tool, settings: header.settings))
  }

  private static func summary(of error: any Error) -> String {
    switch error as? DecodingError {
    case .keyNotFound(let key, _): "no key \(key.stringValue.debugDescription)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      "another type at \(context.codingPath.map(\.stringValue).joined(separator: "."))"
    default: "bytes that are not JSON"
    }
  }
}

/// Takes a file apart from its start.
private struct SeedCheckpointReader {
  private let file: [UInt8]
  private let path: String
  // What has not been taken yet.
  private var rest: ArraySlice<UInt8>

  init(file: [UInt8], path: String) {
    self.file = file
    self.path = path
    rest = file[...]
  }

  func malformed(_ place: String, _ found: String, _ expected: String) -> SeedCheckpointError {
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

  /// Returns the bytes of the header, after what precedes it.
  mutating func header() throws(SeedCheckpointError) -> ArraySlice<UInt8> {
    let magic = try take(Format.magic.count, "magic")
    guard Array(magic) == Format.magic else {
      throw malformed("magic", "\(Array(magic))", "\(Format.magic), the text KSEED and zeros")
    }
    let version = try word("format version")
    guard version == Format.version else {
      throw .unsupported(
        path: path, place: "format version", version: version, expected: Format.version)
    }
    let length = try word("length of the header")
    guard length <= Format.headerLimit else {
      throw malformed("length of the header", "\(length)", "at most \(Format.headerLimit)")
    }
    return try take(length, "header")
  }

  /// Returns the bytes between the header and the checksum, if that is right.
  mutating func checkedRest() throws(SeedCheckpointError) -> ArraySlice<UInt8> {
    let content = try take(max(0, rest.count - Format.checksumLength), "coefficients")
    let checksum = Array(try take(Format.checksumLength, "checksum"))
    let expected = Array(SHA256.hash(data: file[..<content.endIndex]))
    guard checksum == expected else {
      throw malformed("checksum", Self.hexadecimal(checksum), Self.hexadecimal(expected))
    }
    return content
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  func basis(_ header: Format.Header) throws(SeedCheckpointError) -> SeedBasis {
    guard let kind = BasisKind(rawValue: header.basis) else {
      throw malformed(
        "basis", header.basis.prefix(80).debugDescription,
        BasisKind.allCases.map(\.rawValue).joined(separator: ", "))
    }
    guard header.basisVersion == SeedBasis.version else {
      throw .unsupported(
        path: path, place: "basis_version", version: header.basisVersion,
        expected: SeedBasis.version)
    }
    guard let seed = UInt64(header.basisSeed) else {
      throw malformed(
        "basis_seed", header.basisSeed.prefix(80).debugDescription, "a decimal 64-bit integer")
    }
    do {
      return try SeedBasis(kind: kind, seed: seed, candidateCount: header.candidates)
    } catch {
      throw malformed("candidates", "\(header.candidates)", "\(error)")
    }
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
      throw malformed("coefficients", "\(error)", "finite numbers")
    }
  }
}
