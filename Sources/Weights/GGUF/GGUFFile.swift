public import Bytes

/// A tensor of a GGUF file.
public struct GGUFTensor: Sendable {
  /// The name in the file.
  public let name: String

  /// The dimensions as the file has them: the number of elements in a row comes first.
  public let dimensions: [Int]

  /// How the elements are stored.
  public let type: GGUFTensorType

  /// Where the elements are in the file; empty if the size of the type is unknown.
  public let range: Range<Int>
}

/// A GGUF file, version 2 or 3, little-endian.
///
/// Opening reads the header only; metadata arrays and tensors stay in the mapping.
///
/// Source: the specification in ggml's `docs/gguf.md`.
public struct GGUFFile: Sendable {
  /// The mapping.
  public let file: MappedFile

  /// The version of the format.
  public let version: UInt32

  /// The key-value pairs.
  public let metadata: GGUFMetadata

  /// The tensors, in the order of the file.
  public let tensors: [GGUFTensor]

  /// Reads the header of `file`.
  ///
  /// - Throws: ``FormatError`` if the file is not GGUF, is damaged, or ends too early. A tensor type
  ///   that we cannot compute with is no error here.
  /// - Complexity: O(bytes of metadata).
  public init(_ file: MappedFile) throws(FormatError) {
    var reader = GGUFReader(file)
    self.file = file
    version = try Self.version(&reader)
    let tensorCount = try Self.count("tensor count", bytesEach: 24, limit: 1 << 17, &reader)
    metadata = try Self.metadata(&reader)
    var infos: [TensorInfo] = []
    for index in 0..<tensorCount {
      infos.append(try TensorInfo(&reader, index: index))
    }
    let alignment = try Self.alignment(metadata, reader)
    tensors = try Self.place(infos, alignment: alignment, reader)
  }

  private static func version(_ reader: inout GGUFReader) throws(FormatError) -> UInt32 {
    let magic: UInt32 = try reader.integer("magic number")
    guard magic == 0x4655_4747 else { throw FormatError(reader.file, expected: "a GGUF file") }
    let version: UInt32 = try reader.integer("version")
    guard version == 2 || version == 3 else { throw unsupported(version, reader) }
    return version
  }

  private static func unsupported(_ version: UInt32, _ reader: GGUFReader) -> FormatError {
    let isBigEndian = (1...3).contains(version.byteSwapped)
    return FormatError(
      path: reader.file.path, kind: .unsupported, place: "version",
      found: isBigEndian ? "a big-endian file" : "\(version)", expected: "2 or 3, little-endian",
      advice: isBigEndian
        ? "convert it with gguf-convert-endian of the Python package gguf, or fetch it little-endian"
        : "convert the model again with a llama.cpp of today, or fetch it again")
  }

  /// Reads a count of things that are kept in memory, where each takes more than in the file: a model has
  /// some hundred keys and some thousand tensors.
  private static func count(
    _ place: String, bytesEach: Int, limit: Int, _ reader: inout GGUFReader
  ) throws(FormatError) -> Int {
    let count = try reader.count(place, bytesEach: bytesEach)
    guard count <= limit else {
      throw reader.error(.malformed, place, found: "\(count)", expected: "at most \(limit)")
    }
    return count
  }

  private static func metadata(_ reader: inout GGUFReader) throws(FormatError) -> GGUFMetadata {
    let count = try Self.count("metadata count", bytesEach: 13, limit: 1 << 16, &reader)
    var values: [UTF8Text: GGUFValue] = [:]
    var fields: [(key: String, value: GGUFField)] = []
    for index in 0..<count {
      let key = try reader.name("metadata key \(index)")
      let place = "metadata \(quoted(key))"
      let start = reader.offset
      let value = try reader.value(place)
      fields.append((key, .copied(FileSlice(reader.file, start..<reader.offset))))
      guard values.updateValue(value, forKey: UTF8Text(key)) == nil else {
        throw reader.error(.malformed, place, found: "the key twice", expected: "distinct keys")
      }
    }
    return GGUFMetadata(values, fields: fields)
  }

  private static func alignment(
    _ metadata: GGUFMetadata, _ reader: GGUFReader
  ) throws(FormatError) -> Int {
    guard let value = metadata["general.alignment"] else { return 32 }
    guard let alignment = value.integer, (1...1 << 30).contains(alignment),
      alignment.nonzeroBitCount == 1
    else {
      throw reader.error(
        .malformed, "metadata \"general.alignment\"",
        found: value.integer.map(String.init) ?? "no integer",
        expected: "a power of two up to 2^30")
    }
    return alignment
  }
}

/// What the header says about a tensor, before it is compared with the size of the file.
private struct TensorInfo {
  let name: String
  let place: String
  let dimensions: [Int]
  let type: GGUFTensorType
  let offset: UInt64
  let byteCount: Int

  init(_ reader: inout GGUFReader, index: Int) throws(FormatError) {
    name = try reader.name("name of tensor \(index)", limit: tensorNameLimit)
    place = "tensor \(quoted(name))"
    let rank: UInt32 = try reader.integer(place)
    guard (1...4).contains(rank) else {
      throw reader.error(.malformed, place, found: "rank \(rank)", expected: "a rank from 1 to 4")
    }
    var dimensions: [Int] = []
    for axis in 0..<rank {
      let size: UInt64 = try reader.integer(place)
      guard let size = Int(exactly: size), size > 0 else {
        throw reader.error(
          .malformed, "\(place), dimension \(axis)", found: "\(size)",
          expected: "a size from 1 to 2^63 - 1")
      }
      dimensions.append(size)
    }
    self.dimensions = dimensions
    type = GGUFTensorType(code: try reader.integer(place))
    offset = try reader.integer(place)
    byteCount = try Self.byteCount(dimensions, type, place, reader)
  }

  /// Returns the size of a tensor, or 0 if the type is unknown.
  private static func byteCount(
    _ dimensions: [Int], _ type: GGUFTensorType, _ place: String, _ reader: GGUFReader
  ) throws(FormatError) -> Int {
    guard let layout = type.layout else { return 0 }
    guard dimensions[0].isMultiple(of: layout.elementsPerBlock) else {
      throw reader.error(
        .malformed, place, found: "\(dimensions[0]) elements in a row of type \(layout.name)",
        expected: "a multiple of \(layout.elementsPerBlock)")
    }
    var size = dimensions[0] / layout.elementsPerBlock
    for factor in dimensions.dropFirst() + [layout.bytesPerBlock] {
      let (product, overflow) = size.multipliedReportingOverflow(by: factor)
      guard !overflow else {
        throw reader.error(
          .malformed, place, found: "dimensions \(dimensions)", expected: "fewer than 2^63 bytes")
      }
      size = product
    }
    return size
  }
}

extension GGUFFile {
  /// Finds the tensors in the file and checks that they lie inside it, aligned and apart.
  private static func place(
    _ infos: [TensorInfo], alignment: Int, _ reader: GGUFReader
  ) throws(FormatError) -> [GGUFTensor] {
    // No overflow: a file has fewer than 2^63 - 2^30 bytes.
    let start = (reader.offset + alignment - 1) & ~(alignment - 1)
    var tensors: [GGUFTensor] = []
    for info in infos {
      guard info.offset.isMultiple(of: UInt64(alignment)) else {
        throw reader.error(
          .malformed, info.place, found: "offset \(info.offset)",
          expected: "a multiple of \(alignment)")
      }
      let room = reader.file.byteCount - start
      guard info.offset <= UInt64(max(room, 0)), info.byteCount <= room - Int(info.offset) else {
        throw reader.error(
          .truncated, info.place, found: "\(room) bytes of tensors in the file",
          expected: "\(info.byteCount) bytes from offset \(info.offset)")
      }
      let first = start + Int(info.offset)
      tensors.append(
        GGUFTensor(
          name: info.name, dimensions: info.dimensions, type: info.type,
          range: first..<first + info.byteCount))
    }
    try checkDistinct(tensors, reader)
    return tensors
  }

  private static func checkDistinct(
    _ tensors: [GGUFTensor], _ reader: GGUFReader
  ) throws(FormatError) {
    var names: Set<UTF8Text> = []
    for tensor in tensors where !names.insert(UTF8Text(tensor.name)).inserted {
      throw reader.error(
        .malformed, "tensor \(quoted(tensor.name))", found: "the name twice",
        expected: "distinct names")
    }
    let sorted = tensors.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    for (tensor, next) in zip(sorted, sorted.dropFirst())
    where tensor.range.upperBound > next.range.lowerBound {
      throw reader.error(
        .malformed, "tensor \(quoted(next.name))",
        found: "bytes \(next.range) over those of tensor \(quoted(tensor.name))",
        expected: "bytes from \(tensor.range.upperBound)")
    }
  }
}
