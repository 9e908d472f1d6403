internal import Bytes
internal import Tensors

/// Where the parts of a GGUF file to be written are.
struct GGUFLayout {
  /// Where a tensor is and how it is stored.
  struct Place {
    let type: ElementType
    let rowOrder: RowOrder
    /// In bytes from the start of the file.
    var start: Int
    let bytesPerRow: Int
  }

  /// The header, padded to where the first tensor begins.
  private(set) var header: [UInt8] = []

  /// The place of each parameter.
  private(set) var places: [Place] = []

  /// The size of the file.
  private(set) var byteCount = 0

  private static let alignment = 32

  init(
    _ path: String, _ metadata: [(key: String, value: GGUFField)], _ parameters: ParameterMap,
    _ matrixType: ElementType, headSize: Int
  ) throws(FormatError) {
    header = Array("GGUF".utf8)
    append(UInt32(3))
    append(UInt64(parameters.count))
    append(UInt64(metadata.count))
    for (key, value) in metadata { append(key, value) }
    var end = 0
    for parameter in parameters.parameters {
      let type = parameter.shape.count == 1 ? .f32 : matrixType
      guard let bytesPerRow = type.byteCount(elements: parameter.columnCount),
        let (name, isPermuted) = GGUFNames.name(of: parameter.name)
      else {
        throw FormatError(
          path: path, kind: .unsupported, place: "tensor \(quoted(parameter.name))",
          found: "rows of \(parameter.columnCount) elements as \(type.rawValue)",
          expected: "a tensor of a Llama model, its rows in whole blocks")
      }
      places.append(
        Place(
          type: type, rowOrder: isPermuted ? .interleaved(headSize: headSize) : .plain,
          start: end, bytesPerRow: bytesPerRow))
      appendInfo(name, parameter, type, offset: end)
      end = Self.aligned(end + bytesPerRow * parameter.rowCount)
    }
    header += [UInt8](repeating: 0, count: Self.aligned(header.count) - header.count)
    for index in places.indices { places[index].start += header.count }
    byteCount = header.count + end
  }

  private static func aligned(_ count: Int) -> Int { (count + alignment - 1) & ~(alignment - 1) }

  private mutating func appendInfo(
    _ name: String, _ parameter: Parameter, _ type: ElementType, offset: Int
  ) {
    append(name)
    append(UInt32(parameter.shape.count))
    for size in parameter.shape.reversed() { append(UInt64(size)) }
    append(GGUFTensorType(type).code)
    append(UInt64(offset))
  }

  private mutating func append(_ key: String, _ value: GGUFField) {
    append(key)
    switch value {
    case .unsigned(let value):
      append(GGUFValueType.uint32.rawValue)
      append(value)
    case .float(let value):
      append(GGUFValueType.float32.rawValue)
      append(value.bitPattern)
    case .text(let value):
      append(GGUFValueType.string.rawValue)
      append(value)
    }
  }

  private mutating func append(_ text: String) {
    append(UInt64(text.utf8.count))
    header += Array(text.utf8)
  }

  private mutating func append(_ value: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      header.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }
}
