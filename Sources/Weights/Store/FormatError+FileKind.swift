internal import Bytes

extension FormatError {
  /// The error that `file` is of another kind than `expected`, with what to do with such a file, unless
  /// there is a better advice.
  init(_ file: MappedFile, expected: String, advice: String? = nil) {
    self.init(
      path: file.path, kind: .malformed, place: "the file", found: file.kind.rawValue,
      expected: expected, advice: advice ?? file.kind.advice)
  }
}

extension MappedFile {
  /// Whether the first bytes are clearly those of something that holds no weights here and no JSON.
  var isOfAnotherKind: Bool {
    switch kind {
    case .gguf, .safetensors, .json, .other: false
    default: true
    }
  }
}

extension FileKind {
  /// What to do with a file of this kind that stands where a model's file should.
  fileprivate var advice: String {
    switch self {
    case .gguf: "give this file by itself as MODEL"
    case .ggml: "convert it to GGUF with llama.cpp, or fetch the model as GGUF"
    case .safetensors: "give the folder with its config.json as MODEL"
    case .json: "give the folder of a Hugging Face model as MODEL"
    case .lfsPointer: "run 'git lfs pull' in its folder, or download the file itself"
    case .webPage:
      "it was downloaded in place of the file, perhaps for want of a log-in: fetch again"
    case .zip, .pickle, .hdf5, .numpy:
      "convert the model to safetensors, such as by save_pretrained of transformers"
    case .gzip, .zstandard, .xz, .bzip2, .sevenZip, .tar: "unpack it"
    case .parquet, .arrow, .arrowStream, .avro, .sqlite, .pdf, .other:
      "give a GGUF file or the folder of a Hugging Face model"
    }
  }
}
