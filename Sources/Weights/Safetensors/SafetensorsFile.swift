public import Bytes
public import Tensors

/// A tensor of a safetensors file.
public struct SafetensorsTensor: Sendable {
  /// The name in the file.
  public let name: String

  /// The format's name of the element type, such as `BF16`.
  public let type: String

  /// The shape, row-major.
  public let shape: [Int]

  /// Where the elements are in the file.
  public let range: Range<Int>

  /// The element type as our kernels know it, or `nil` if they do not.
  public var elementType: ElementType? { ElementType(safetensorsName: type) }

  /// The names of the types that ``elementType`` knows.
  static var supportedNames: String {
    let names = ElementType.allCases.compactMap(\.safetensorsName)
    return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
  }

  /// What to do with a tensor of another type.
  var conversion: String {
    let parts: [Substring] = ["qweight", "qzeros", "g_idx", "absmax", "quant_map", "SCB"]
    if let last = name.split(separator: ".").last, parts.contains(last) || type.hasPrefix("F8") {
      return "the weights are packed (GPTQ, AWQ, bitsandbytes, FP8): \(Self.unpacking)"
    }
    return type == "F64"
      ? "save the model as F32 or BF16"
      : "no model that fedkseed runs has trained weights of this type"
  }

  /// How to get weights that are not packed.
  static let unpacking =
    "fetch the model it was made from, or save it dequantised, or take a GGUF file of it"
}

/// A safetensors file.
///
/// The file is 8 bytes of header size, the header in JSON, and the elements of all tensors without
/// gaps. The checks are those of the reference implementation.
///
/// Source: `safetensors/src/tensor.rs` of github.com/huggingface/safetensors.
public struct SafetensorsFile: Sendable {
  /// The mapping.
  public let file: MappedFile

  /// The tensors in the order of their elements in the file.
  public let tensors: [SafetensorsTensor]

  /// The texts under `__metadata__`.
  public let metadata: [UTF8Text: String]

  private static let longestHeader = 100_000_000
  /// The most members of the header; a model has some thousand tensors.
  private static let entryLimit = 1 << 17
  /// The most JSON values in the entry of a tensor, which has some ten.
  private static let valueLimit = 64
  /// The most texts of `__metadata__`, and some.
  private static let textLimit = 1 << 12

  /// Reads the header of `file`.
  ///
  /// - Throws: ``FormatError`` if the header lies about the file. An element type that we cannot
  ///   compute with is no error here.
  public init(_ file: MappedFile) throws(FormatError) {
    self.file = file
    guard !file.isOfAnotherKind else { throw FormatError(file, expected: "a safetensors file") }
    let header = try Self.header(file)
    let entries = try Self.entries(header)
    metadata = try Self.metadata(entries["__metadata__"], file)
    var tensors: [SafetensorsTensor] = []
    for (name, entry) in entries.sorted(by: { $0.key < $1.key }) where name != "__metadata__" {
      tensors.append(try Self.tensor(name.string, entry, file, start: header.range.upperBound))
    }
    self.tensors = tensors.sorted {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }
    try Self.checkContiguous(self.tensors, file, start: header.range.upperBound)
  }

  /// Reads the members of the header one by one: a header may have 100 MB, but a tensor's entry is small.
  private static func entries(_ header: FileSlice) throws(FormatError) -> [UTF8Text: JSON] {
    try header.readJSON { reader throws(JSONError) in
      var entries: [UTF8Text: JSON] = [:]
      try reader.beginObject()
      while let key = try reader.nextKey() {
        let place = reader.keyPosition
        let value = try reader.value(valueLimit: key == "__metadata__" ? textLimit : valueLimit)
        guard entries.updateValue(value, forKey: key) == nil else {
          throw reader.failure(
            at: place, found: key.string, expecting: "distinct keys, not this a second time")
        }
        guard entries.count <= entryLimit else {
          throw reader.failure(
            at: place, found: key.string, expecting: "at most \(entryLimit) keys")
        }
      }
      return entries
    }
  }

  private static func malformed(
    _ file: MappedFile, _ place: String, found: String, expected: String
  ) -> FormatError {
    FormatError(
      path: file.path, kind: .malformed, place: place, found: found, expected: expected)
  }

  private static func header(_ file: MappedFile) throws(FormatError) -> FileSlice {
    guard let length = file.integer(UInt64.self, at: 0) else {
      throw FormatError(
        path: file.path, kind: .truncated, place: "header size",
        found: "\(file.byteCount) bytes in the file", expected: "8 or more")
    }
    guard length <= UInt64(longestHeader) else {
      throw malformed(
        file, "header size", found: "\(length) bytes", expected: "at most \(longestHeader)")
    }
    guard length <= UInt64(file.byteCount - 8) else {
      throw FormatError(
        path: file.path, kind: .truncated, place: "header",
        found: "\(file.byteCount - 8) bytes", expected: "\(length) bytes")
    }
    guard length > 0, file.integer(UInt8.self, at: 8) == UInt8(ascii: "{") else {
      throw malformed(
        file, "byte 8", found: "no \"{\"", expected: "a header that begins with \"{\"")
    }
    return FileSlice(file, 8..<8 + Int(length))
  }

  private static func metadata(
    _ value: JSON?, _ file: MappedFile
  ) throws(FormatError) -> [UTF8Text: String] {
    // The reference takes null for none.
    guard let value, value != .null else { return [:] }
    guard let members = value.object else {
      throw malformed(file, "__metadata__", found: "another JSON value", expected: "an object")
    }
    let texts = members.compactMapValues(\.string)
    guard texts.count == members.count else {
      throw malformed(file, "__metadata__", found: "a value that is no text", expected: "texts")
    }
    return texts
  }

  private static func checkContiguous(
    _ tensors: [SafetensorsTensor], _ file: MappedFile, start: Int
  ) throws(FormatError) {
    var end = start
    for tensor in tensors {
      guard tensor.range.lowerBound == end else {
        throw malformed(
          file, "tensor \(quoted(tensor.name)), data_offsets",
          found: "\(tensor.range.lowerBound - start)", expected: "\(end - start)")
      }
      end = tensor.range.upperBound
    }
    guard end == file.byteCount else {
      throw FormatError(
        path: file.path, kind: end > file.byteCount ? .truncated : .malformed,
        place: "end of the file", found: "\(file.byteCount - start) bytes of tensors",
        expected: "\(end - start)")
    }
  }
}

// The header's entry of one tensor.
extension SafetensorsFile {
  private static let bitsPerElement: [UTF8Text: Int] = [
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F4": 4,
    "F6_E2M3": 6, "F6_E3M2": 6, "I16": 16, "U16": 16, "F16": 16, "BF16": 16, "I32": 32,
    "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
  ]

  private static func tensor(
    _ name: String, _ entry: JSON, _ file: MappedFile, start: Int
  ) throws(FormatError) -> SafetensorsTensor {
    let place = "tensor \(quoted(name))"
    guard let type = entry["dtype"]?.text, let bits = bitsPerElement[type] else {
      throw malformed(
        file, "\(place), dtype", found: entry["dtype"]?.string.map { quoted($0) } ?? "no text",
        expected: "a type of the format, such as F32")
    }
    let shape = try sizes(entry["shape"], file, "\(place), shape")
    let offsets = try sizes(entry["data_offsets"], file, "\(place), data_offsets")
    // The first comparison bounds the others: no sum or difference can overflow.
    guard offsets.count == 2, offsets[1] <= file.byteCount - start, offsets[0] <= offsets[1] else {
      throw malformed(
        file, "\(place), data_offsets", found: "\(offsets)",
        expected: "a begin and an end, up to \(file.byteCount - start)")
    }
    guard byteCount(shape, bits: bits) == offsets[1] - offsets[0] else {
      throw malformed(
        file, place, found: "\(offsets[1] - offsets[0]) bytes",
        expected: "as many as \(type) of shape \(shape) takes")
    }
    return SafetensorsTensor(
      name: name, type: type.string, shape: shape, range: start + offsets[0]..<start + offsets[1])
  }

  private static func sizes(
    _ value: JSON?, _ file: MappedFile, _ place: String
  ) throws(FormatError) -> [Int] {
    let sizes = value?.array?.map { $0.integer ?? -1 } ?? [-1]
    guard sizes.allSatisfy({ $0 >= 0 }) else {
      throw malformed(
        file, place, found: "something else", expected: "an array of sizes below 2^63")
    }
    return sizes
  }

  private static func byteCount(_ shape: [Int], bits: Int) -> Int? {
    var count = bits
    for size in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      count = product
    }
    return count.isMultiple(of: 8) ? count / 8 : nil
  }
}
