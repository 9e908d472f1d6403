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
  let header: [UInt8]

  /// The place of each parameter.
  private(set) var places: [Place] = []

  /// The size of the file.
  let byteCount: Int

  private static let alignment = 32

  init(
    _ path: String, _ metadata: [(key: String, value: GGUFField)], _ parameters: ParameterMap,
    _ matrixType: ElementType, _ naming: TensorNaming
  ) throws(FormatError) {
    var header = GGUFHeader()
    header.append(UInt32(3))
    header.append(UInt64(parameters.count))
    header.append(UInt64(metadata.count))
    for (key, value) in metadata { header.append(key, value) }
    var end = 0
    for parameter in parameters.parameters {
      let type = parameter.shape.count == 1 ? .f32 : matrixType
      guard let bytesPerRow = type.byteCount(elements: parameter.columnCount),
        let (name, names) = naming.tensor(name: parameter.name),
        let rowOrder = Self.rowOrder(of: parameter, names.headCountKeys, metadata)
      else { throw Self.error(path, parameter, type, naming) }
      places.append(
        Place(type: type, rowOrder: rowOrder, start: end, bytesPerRow: bytesPerRow))
      header.append(name, parameter, type, offset: end)
      end += bytesPerRow * parameter.rowCount
      end += (Self.alignment - end % Self.alignment) % Self.alignment
    }
    header.pad(to: Self.alignment)
    self.header = header.bytes
    for index in places.indices { places[index].start += header.bytes.count }
    byteCount = header.bytes.count + end
  }

  /// Returns how the rows of `parameter` lie, or `nil` if `metadata` tells no number of heads that
  /// fits them.
  private static func rowOrder(
    of parameter: Parameter, _ headCountKeys: [String],
    _ metadata: [(key: String, value: GGUFField)]
  ) -> RowOrder? {
    guard !headCountKeys.isEmpty else { return .plain }
    let values = headCountKeys.lazy.compactMap { key in metadata.first { $0.key == key }?.value }
    return values.first?.integer.flatMap {
      RowOrder(interleaving: parameter.rowCount, ofHeads: $0)
    }
  }

  private static func error(
    _ path: String, _ parameter: Parameter, _ type: ElementType, _ naming: TensorNaming
  ) -> FormatError {
    FormatError(
      path: path, kind: .unsupported, place: "tensor \(quoted(parameter.name))",
      found: "\(parameter.rowCount) rows of \(parameter.columnCount) elements as \(type.rawValue)",
      expected: """
        a tensor of the architecture \(naming.architecture), its heads of an even number of rows, \
        its rows in whole blocks of \(type.elementsPerBlock)
        """)
  }
}

extension GGUFHeader {
  /// Appends what a file says of a tensor.
  fileprivate mutating func append(
    _ name: String, _ parameter: Parameter, _ type: ElementType, offset: Int
  ) {
    append(name)
    append(UInt32(parameter.shape.count))
    for size in parameter.shape.reversed() { append(UInt64(size)) }
    append(type.ggufCode)
    append(UInt64(offset))
  }
}
