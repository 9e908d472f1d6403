internal import Bytes
internal import Tensors

/// Where the parts of a GGUF file to be written are.
struct GGUFLayout {
  /// Where a tensor is and how it is stored.
  struct Place {
    let type: ElementType
    let layout: TensorLayout
    /// In bytes from the start of the file.
    var start: Int
    let bytesPerRow: Int
  }

  /// The header, padded to where the first tensor begins.
  let header: [UInt8]

  /// The place of each parameter.
  private(set) var places: [Place] = []

  /// Where each of the tensors begins that are no parameters, in bytes from the start of the file.
  private(set) var vectorStarts: [Int] = []

  /// The size of the file.
  let byteCount: Int

  private static let alignment = 32

  init(
    _ path: String, _ metadata: [(key: String, value: GGUFField)], _ parameters: ParameterMap,
    _ matrixType: ElementType, _ naming: TensorNaming,
    _ vectors: [(name: String, elements: [Float])]
  ) throws(FormatError) {
    var header = GGUFHeader()
    header.append(UInt32(3))
    header.append(UInt64(parameters.count + vectors.count))
    header.append(UInt64(metadata.count))
    for (key, value) in metadata { header.append(key, value) }
    var end = 0
    for parameter in parameters.parameters {
      let type = parameter.shape.count == 1 ? .f32 : matrixType
      guard let (name, names) = naming.tensor(name: parameter.name),
        let layout = Self.layout(of: parameter, names.form, metadata)
      else { throw Self.error(path, parameter, type, naming) }
      let shape = layout == .transposed ? parameter.shape.reversed() : parameter.shape
      guard let bytesPerRow = type.byteCount(elements: shape[shape.count - 1]) else {
        throw Self.error(path, parameter, type, naming)
      }
      places.append(Place(type: type, layout: layout, start: end, bytesPerRow: bytesPerRow))
      header.append(name, shape, type, offset: end)
      end += bytesPerRow * (shape.count == 1 ? 1 : shape[0])
      end += (Self.alignment - end % Self.alignment) % Self.alignment
    }
    for (name, elements) in vectors {
      vectorStarts.append(end)
      header.append(name, [elements.count], .f32, offset: end)
      end += 4 * elements.count
      end += (Self.alignment - end % Self.alignment) % Self.alignment
    }
    header.pad(to: Self.alignment)
    self.header = header.bytes
    for index in places.indices { places[index].start += header.bytes.count }
    for index in vectorStarts.indices { vectorStarts[index] += header.bytes.count }
    byteCount = header.bytes.count + end
  }

  /// Returns how `parameter` lies, or `nil` if `metadata` tells no number of heads that fits it.
  private static func layout(
    of parameter: Parameter, _ form: TensorNaming.StoredForm?,
    _ metadata: [(key: String, value: GGUFField)]
  ) -> TensorLayout? {
    TensorLayout(form, rows: parameter.shape[0]) { key in
      metadata.first { $0.key == key }?.value.integer
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
    _ name: String, _ shape: [Int], _ type: ElementType, offset: Int
  ) {
    append(name)
    append(UInt32(shape.count))
    for size in shape.reversed() { append(UInt64(size)) }
    append(type.ggufCode)
    append(UInt64(offset))
  }
}
