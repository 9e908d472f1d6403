/// What the first bytes of a file say that it is, whatever its name says.
package enum FileKind: String, Sendable, CaseIterable {
  case gguf = "a GGUF file"
  case ggml = "a GGML file from before GGUF"
  case safetensors = "a safetensors file"
  case json = "a JSON file"
  case lfsPointer = "a Git LFS pointer, which stands for the file"
  case webPage = "a web page"
  case zip = "a zip archive, as PyTorch's .bin, .pt and .pth files are"
  case pickle = "a pickle of Python, as PyTorch's .bin, .pt and .pth files are"
  case gzip = "a gzip file"
  case zstandard = "a zstd file"
  case xz = "an xz file"
  case bzip2 = "a bzip2 file"
  case sevenZip = "a 7z archive"
  case tar = "a tar archive"
  case hdf5 = "an HDF5 file, as Keras writes"
  case numpy = "a NumPy file"
  case parquet = "a Parquet file"
  case arrow = "an Arrow file"
  case arrowStream = "an Arrow stream"
  case avro = "an Avro file"
  case sqlite = "an SQLite database"
  case pdf = "a PDF document"
  case other = "a file of another kind"

  /// Recognises a file by its beginning; 512 bytes are enough.
  package init(_ start: some Collection<UInt8>) {
    let bytes = Array(start.prefix(512))
    let text = bytes.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
    // Safetensors first: a file of it begins with a number, and that may be anything.
    self =
      (Self.isSafetensors(bytes) ? .safetensors : nil)
      ?? Self.magic.first { bytes.starts(with: $0.bytes) }?.kind
      ?? (bytes.dropFirst(257).starts(with: "ustar".utf8) ? .tar : nil)
      ?? (Self.isArrowStream(bytes) ? .arrowStream : nil)
      ?? (text.first == UInt8(ascii: "{") || text.first == UInt8(ascii: "[") ? .json : nil)
      ?? (Self.isWebPage(text) ? .webPage : .other)
  }

  private static let magic: [(bytes: [UInt8], kind: FileKind)] = [
    (Array("GGUF".utf8), .gguf), (Array("lmgg".utf8), .ggml), (Array("fmgg".utf8), .ggml),
    (Array("tjgg".utf8), .ggml), (Array("version https://git-lfs".utf8), .lfsPointer),
    (Array("PK\u{3}\u{4}".utf8), .zip), ([0x80, 2], .pickle), ([0x80, 3], .pickle),
    ([0x80, 4], .pickle), ([0x80, 5], .pickle), ([0x1f, 0x8b], .gzip),
    ([0x28, 0xb5, 0x2f, 0xfd], .zstandard), ([0xfd] + Array("7zXZ\0".utf8), .xz),
    (Array("BZh".utf8), .bzip2), (Array("7z".utf8) + [0xbc, 0xaf], .sevenZip),
    ([0x89] + Array("HDF\r\n".utf8), .hdf5), ([0x93] + Array("NUMPY".utf8), .numpy),
    (Array("PAR1".utf8), .parquet), (Array("ARROW1".utf8), .arrow),
    (Array("Obj\u{1}".utf8), .avro),
    (Array("SQLite format 3\0".utf8), .sqlite), (Array("%PDF-".utf8), .pdf),
  ]

  /// Whether a size that a header may have stands before a brace.
  private static func isSafetensors(_ bytes: [UInt8]) -> Bool {
    bytes.count > 8 && bytes[8] == UInt8(ascii: "{") && bytes[4..<8].allSatisfy { $0 == 0 }
  }

  /// Whether a mark of all ones is followed by a size, which is not negative.
  private static func isArrowStream(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0xff, 0xff, 0xff, 0xff]) && bytes.dropFirst(7).first ?? 0 < 0x80
  }

  /// Whether a page begins here, perhaps behind a byte-order mark.
  private static func isWebPage(_ text: ArraySlice<UInt8>) -> Bool {
    let page = text.drop { $0 <= 32 || $0 >= 0x80 }.prefix(16)
    let start = String(decoding: page, as: UTF8.self).lowercased()
    return ["<!doctype", "<html", "<?xml", "<head"].contains { start.hasPrefix($0) }
  }
}

extension MappedFile {
  /// What the first bytes say that the file is.
  package var kind: FileKind {
    FileKind((0..<min(byteCount, 512)).compactMap { integer(UInt8.self, at: $0) })
  }
}
