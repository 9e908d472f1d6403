public import Tensors

/// How ggml stores the elements of a tensor: the number in the file, and what it means.
public struct GGUFTensorType: Sendable, Equatable, CustomStringConvertible {
  /// The number in the file.
  public let code: UInt32

  /// ggml's name, such as `Q4_K`, or the number if it is unknown.
  public var description: String { layout?.name ?? "type \(code)" }

  /// The type as our kernels know it, or `nil` if they do not.
  public var elementType: ElementType? { ElementType(ggufCode: code) }

  /// Creates the type of a number in a file.
  init(code: UInt32) { self.code = code }

  /// The names of the types that ``elementType`` knows.
  public static var supportedNames: String {
    let names = ElementType.allCases.map(\.ggufName)
    return names.dropLast().joined(separator: ", ") + " or " + names[names.count - 1]
  }

  /// The name and block of a type.
  struct Layout {
    let name: String
    let elementsPerBlock: Int
    let bytesPerBlock: Int
  }

  /// The name and block of the type, or `nil` if it is unknown.
  ///
  /// Tensors of types that we cannot compute with are still checked for their place in the file.
  var layout: Layout? {
    guard let type = elementType else { return Self.otherLayouts[code] }
    return Layout(
      name: type.ggufName, elementsPerBlock: type.elementsPerBlock,
      bytesPerBlock: type.bytesPerBlock)
  }

  // The types without kernels. Source: GGML_QUANT_SIZES of the Python package gguf.
  private static let otherLayouts: [UInt32: Layout] = {
    let rows: [(UInt32, String, Int, Int)] = [
      (16, "IQ2_XXS", 256, 66), (17, "IQ2_XS", 256, 74), (18, "IQ3_XXS", 256, 98),
      (19, "IQ1_S", 256, 50), (21, "IQ3_S", 256, 110), (22, "IQ2_S", 256, 82), (24, "I8", 1, 1),
      (25, "I16", 1, 2), (26, "I32", 1, 4), (27, "I64", 1, 8), (28, "F64", 1, 8),
      (29, "IQ1_M", 256, 56), (31, "Q4_0_4_4", 32, 18),
      (32, "Q4_0_4_8", 32, 18), (33, "Q4_0_8_8", 32, 18), (34, "TQ1_0", 256, 54),
      (35, "TQ2_0", 256, 66),
      (40, "NVFP4", 64, 36), (41, "Q1_0", 128, 18),
    ]
    return Dictionary(
      uniqueKeysWithValues: rows.map {
        ($0.0, Layout(name: $0.1, elementsPerBlock: $0.2, bytesPerBlock: $0.3))
      })
  }()
}
