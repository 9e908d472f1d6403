import Bytes

/// A format that holds no examples, so that the refusal can say what to do.
public struct ForeignFormat: Equatable, Sendable {
  /// What the file is, with its article.
  public let name: String

  /// What to do about it; commands can be pasted.
  public let advice: String

  /// Creates the format of the file at `path` that begins with `bytes`, or `nil` if it is none of
  /// those known.
  init?(of bytes: [UInt8], path: String) {
    guard let (name, advice) = Self.description(of: FileKind(bytes)) else { return nil }
    self.name = name
    self.advice = advice.replacing("FILE", with: shellWord(path))
  }

  /// What is said and advised of a kind of file; `FILE` stands for the path.
  private static func description(of kind: FileKind) -> (name: String, advice: String)? {
    switch kind {
    case .parquet: ("a Parquet file", pandas("read_parquet"))
    case .arrow: ("an Arrow file", pandas("read_feather"))
    case .arrowStream: ("an Arrow stream", "convert it by: " + datasets)
    case .zip: ("a zip archive", "unpack it; of a spreadsheet, " + pandas("read_excel"))
    case .avro: ("an Avro file", "convert it to JSON lines")
    case .sqlite: ("an SQLite database", "export a table as CSV, with its header")
    case .bzip2: ("packed by bzip2", "unpack it by: bunzip2 FILE")
    case .zstandard: ("packed by zstd", "unpack it by: unzstd FILE")
    case .xz: ("packed by xz", "unpack it by: unxz FILE")
    case .sevenZip: ("a 7z archive", "unpack it")
    case .tar: ("a tar archive", "unpack it, and name a file or the folder")
    case .pdf: ("a PDF document", "give JSON lines with the key 'text'")
    case .gguf: ("a GGUF model", "it is MODEL, not the data")
    case .safetensors: ("a safetensors file", "it is of MODEL, not the data")
    case .lfsPointer: ("a Git LFS pointer, not the data", "fetch it by: git lfs pull")
    case .webPage:
      ("a web page, not the data", "fetch the file itself: the address may want a login")
    case .hdf5: ("an HDF5 file", "convert it to JSON lines")
    case .numpy: ("a NumPy array", "convert it to JSON lines")
    case .pickle: ("a Python pickle", "convert it to JSON lines")
    case .ggml, .json, .gzip, .other: nil
    }
  }

  private static func pandas(_ function: String) -> String {
    "convert it by: "
      + python(
        "pandas as p",
        "p.\(function)(sys.argv[1]).to_json('data.jsonl', orient='records', lines=True)")
  }

  private static let datasets = python(
    "datasets as d", "d.Dataset.from_file(sys.argv[1]).to_json('data.jsonl')")

  private static func python(_ module: String, _ line: String) -> String {
    "python3 -c \"import sys, \(module); \(line)\" FILE"
  }
}
