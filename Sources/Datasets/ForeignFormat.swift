import Bytes

/// A format that is recognised by how it begins, so that the refusal can say what to do.
public struct ForeignFormat: Equatable, Sendable {
  /// What the file is, with its article.
  public let name: String

  /// What to do about it; commands can be pasted.
  public let advice: String

  /// How formats begin, and what is done about them; `FILE` stands for the path.
  private static let table: [(start: [UInt8], name: String, advice: String)] =
    [
      ("PAR1", "a Parquet file", pandas("read_parquet")),
      ("ARROW1", "an Arrow file", pandas("read_feather")),
      ("PK\u{3}\u{4}", "a zip archive", "unpack it; of a spreadsheet, " + pandas("read_excel")),
      ("Obj\u{1}", "an Avro file", "convert it to JSON lines"),
      ("SQLite format 3\0", "an SQLite database", "export a table as CSV, with its header"),
      ("BZh", "packed by bzip2", "unpack it by: bunzip2 FILE"),
      ("%PDF-", "a PDF document", "give JSON lines with the key 'text'"),
      ("GGUF", "a GGUF model", "it is MODEL, not the data"),
      (
        "version https://git-lfs.github.com/", "a Git LFS pointer, not the data",
        "fetch it by: git lfs pull"
      ),
    ].map { (Array($0.0.utf8), $0.1, $0.2) } + [
      ([0x28, 0xB5, 0x2F, 0xFD], "packed by zstd", "unpack it by: unzstd FILE"),
      ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0], "packed by xz", "unpack it by: unxz FILE"),
      ([0x37, 0x7A, 0xBC, 0xAF], "a 7z archive", "unpack it"),
      (
        [0xFF, 0xFF, 0xFF, 0xFF], "an Arrow stream",
        "convert it by: "
          + python("datasets as d", "d.Dataset.from_file(sys.argv[1]).to_json('data.jsonl')")
      ),
      ([0x89, 0x48, 0x44, 0x46], "an HDF5 file", "convert it to JSON lines"),
      ([0x93] + Array("NUMPY".utf8), "a NumPy array", "convert it to JSON lines"),
      ([0x80, 2], "a Python pickle", "convert it to JSON lines"),
      ([0x80, 4], "a Python pickle", "convert it to JSON lines"),
      ([0x80, 5], "a Python pickle", "convert it to JSON lines"),
    ]

  /// Creates the format of the file at `path` that begins with `bytes`, or `nil` if it is none of
  /// those known.
  init?(of bytes: [UInt8], path: String) {
    if let row = Self.table.first(where: { bytes.starts(with: $0.start) }) {
      name = row.name
      advice = row.advice.replacing("FILE", with: shellWord(path))
    } else if Self.isPage(bytes) {
      name = "a web page, not the data"
      advice = "fetch the file itself: the address may want a login"
    } else if bytes.dropFirst(257).starts(with: Array("ustar".utf8)) {
      (name, advice) = ("a tar archive", "unpack it, and name a file or the folder")
    } else if bytes.dropFirst(5).starts(with: [0, 0, 0, UInt8(ascii: "{")]) {
      (name, advice) = ("a safetensors file", "it is of MODEL, not the data")
    } else {
      return nil
    }
  }

  private static func isPage(_ bytes: [UInt8]) -> Bool {
    let start = bytes.prefix(256).drop { $0 <= 32 || $0 >= 0x80 }.map { $0 | 0x20 }
    return ["<!doctype", "<html", "<?xml"].contains {
      start.starts(with: $0.utf8.map { $0 | 0x20 })
    }
  }

  private static func pandas(_ function: String) -> String {
    "convert it by: "
      + python(
        "pandas as p",
        "p.\(function)(sys.argv[1]).to_json('data.jsonl', orient='records', lines=True)")
  }

  private static func python(_ module: String, _ line: String) -> String {
    "python3 -c \"import sys, \(module); \(line)\" FILE"
  }
}
