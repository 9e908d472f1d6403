/// How the elements of a tensor are stored in a weight file.
///
/// Quantised types store blocks: a scale (and an offset), then small integers. All that is known of a
/// type is its row below; the kernel that loads it is named in `StorageKernels`.
public enum ElementType: String, Sendable, CaseIterable {
  /// IEEE-754 binary32.
  case f32
  /// IEEE-754 binary16.
  case f16
  /// The upper half of a binary32.
  case bf16
  /// GGUF Q8_0: 32 signed bytes behind a binary16 scale.
  case q8_0
  /// GGUF Q4_0: 32 nibbles, offset by 8, behind a binary16 scale.
  case q4_0
  /// GGUF Q4_1: 32 nibbles behind a binary16 scale and a binary16 minimum.
  case q4_1
  /// GGUF Q5_0: 32 numbers of five bits, offset by 16, behind a binary16 scale.
  case q5_0
  /// GGUF Q5_1: 32 numbers of five bits behind a binary16 scale and a binary16 minimum.
  case q5_1
  /// GGUF Q2_K: 256 numbers of two bits; each 16 have a scale and a minimum of four bits.
  case q2_k
  /// GGUF Q3_K: 256 numbers of three bits, offset by 4; each 16 have a scale of six bits.
  case q3_k
  /// GGUF Q4_K: 256 nibbles; each 32 have a scale and a minimum of six bits.
  case q4_k
  /// GGUF Q5_K: 256 numbers of five bits; each 32 have a scale and a minimum of six bits.
  case q5_k
  /// GGUF Q6_K: 256 numbers of six bits, offset by 32; each 16 have a scale of eight bits.
  case q6_k
  /// GGUF Q8_K: 256 signed bytes behind a binary32 scale.
  case q8_k
  /// GGUF IQ4_NL: 32 nibbles that number 16 uneven levels, behind a binary16 scale.
  case iq4_nl
  /// GGUF IQ4_XS: 256 nibbles that number the levels of IQ4_NL; each 32 have a scale of six bits.
  case iq4_xs
  /// GGUF MXFP4: 32 floats of four bits behind a power of two.
  case mxfp4

  private var row: Row {
    switch self {
    case .f32: Row(1, 4, gguf: 0, file: 0, safetensors: "F32", torch: "float32", isStorable: true)
    case .f16: Row(1, 2, gguf: 1, file: 1, safetensors: "F16", torch: "float16", isStorable: true)
    case .bf16:
      Row(1, 2, gguf: 30, file: 32, safetensors: "BF16", torch: "bfloat16", isStorable: true)
    case .q8_0: Row(32, 34, gguf: 8, file: 7, isStorable: true)
    case .q4_0: Row(32, 18, gguf: 2, file: 2, isStorable: true)
    case .q4_1: Row(32, 20, gguf: 3, file: 3)
    case .q5_0: Row(32, 22, gguf: 6, file: 8)
    case .q5_1: Row(32, 24, gguf: 7, file: 9)
    case .q2_k: Row(256, 84, gguf: 10, file: 10)
    case .q3_k: Row(256, 110, gguf: 11, file: 12)
    case .q4_k: Row(256, 144, gguf: 12, file: 15)
    case .q5_k: Row(256, 176, gguf: 13, file: 17)
    case .q6_k: Row(256, 210, gguf: 14, file: 18)
    // No file is mostly of this type: it is what llama.cpp computes with. 1024 says so.
    case .q8_k: Row(256, 292, gguf: 15, file: 1024)
    case .iq4_nl: Row(32, 18, gguf: 20, file: 25)
    case .iq4_xs: Row(256, 136, gguf: 23, file: 30)
    case .mxfp4: Row(32, 17, gguf: 39, file: 38)
    }
  }

  private struct Row {
    let elementsPerBlock: Int
    let bytesPerBlock: Int
    let ggufCode: UInt32
    let ggufFileType: UInt32
    let safetensorsName: String?
    let torchName: String?
    let isStorable: Bool

    init(
      _ elements: Int, _ bytes: Int, gguf code: UInt32, file: UInt32, safetensors: String? = nil,
      torch: String? = nil, isStorable: Bool = false
    ) {
      elementsPerBlock = elements
      bytesPerBlock = bytes
      ggufCode = code
      ggufFileType = file
      safetensorsName = safetensors
      torchName = torch
      self.isStorable = isStorable
    }
  }
}

extension ElementType {
  /// The number of elements that are stored together.
  public var elementsPerBlock: Int { row.elementsPerBlock }

  /// The number of bytes of one block.
  public var bytesPerBlock: Int { row.bytesPerBlock }

  /// The number of the type in a GGUF file: `ggml_type`.
  public var ggufCode: UInt32 { row.ggufCode }

  /// The name in GGUF, such as `Q8_0`.
  public var ggufName: String { rawValue.uppercased() }

  /// The number in `general.file_type` of a GGUF file whose matrices are mostly of this type:
  /// `LlamaFileType` in the Python package gguf.
  public var ggufFileType: UInt32 { row.ggufFileType }

  /// The name in safetensors, such as `BF16`, or `nil` if that format has no such type.
  public var safetensorsName: String? { row.safetensorsName }

  /// PyTorch's name, such as `bfloat16`, as in `config.json`; `nil` where safetensors has no name.
  public var torchName: String? { row.torchName }

  /// Whether floats can be stored in this type; every type can be loaded.
  public var isStorable: Bool { row.isStorable }

  /// Returns the type that has the number `code` in a GGUF file, or `nil` if it has no kernels here.
  public init?(ggufCode code: UInt32) {
    guard let type = Self.allCases.first(where: { $0.ggufCode == code }) else { return nil }
    self = type
  }

  /// Returns the type that safetensors calls `name`, or `nil` if it has no kernels here.
  public init?(safetensorsName name: String) {
    guard let type = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
    self = type
  }

  /// Returns the bytes that `count` elements take, or `nil` if they do not fill whole blocks or the
  /// product overflows.
  public func byteCount(elements count: Int) -> Int? {
    let row = row
    guard count >= 0, count.isMultiple(of: row.elementsPerBlock) else { return nil }
    let blocks = count / row.elementsPerBlock
    let (bytes, overflow) = blocks.multipliedReportingOverflow(by: row.bytesPerBlock)
    return overflow ? nil : bytes
  }
}
