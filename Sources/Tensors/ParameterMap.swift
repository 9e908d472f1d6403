/// One trainable tensor of a model.
public struct Parameter: Sendable, Equatable {
  /// The canonical name: the tensor's name in a Hugging Face checkpoint.
  public let name: String

  /// The shape in the Hugging Face layout: `(n)` or `(rows, columns)`, row-major.
  public let shape: [Int]

  /// Creates a parameter of rank one or two.
  ///
  /// - Precondition: The shape has one or two positive dimensions whose product fits an `Int`.
  public init(name: String, shape: [Int]) {
    precondition((1...2).contains(shape.count) && shape.allSatisfy { $0 > 0 }, "\(name): \(shape)")
    self.name = name
    self.shape = shape
  }

  /// The number of rows; a vector is one row.
  public var rowCount: Int { shape.count == 1 ? 1 : shape[0] }

  /// The number of elements in a row.
  public var columnCount: Int { shape[shape.count - 1] }

  /// The number of elements.
  public var elementCount: Int { rowCount * columnCount }
}

/// The trainable tensors of a model in their fixed order: the coordinate system of every direction.
///
/// A coordinate is (canonical tensor name, row-major index). Tensors are ordered by the UTF-8 bytes of
/// their names, and a tensor's place in that order enters the counter of the random generator.
/// Tied tensors are one tensor.
public struct ParameterMap: Sendable, Equatable {
  /// The tensors, sorted by name.
  public let parameters: [Parameter]

  private let indices: [String: Int]

  /// Creates the map of `parameters`, in any order.
  ///
  /// - Precondition: No two parameters have the same name.
  public init(_ parameters: [Parameter]) {
    self.parameters = parameters.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    indices = Dictionary(
      uniqueKeysWithValues: self.parameters.enumerated().map { ($1.name, $0) })
  }

  /// The number of tensors.
  public var count: Int { parameters.count }

  /// The number of elements of all tensors.
  ///
  /// - Complexity: O(`count`).
  public var elementCount: Int { parameters.reduce(0) { $0 + $1.elementCount } }

  /// The tensor at `index` in the order of names.
  public subscript(index: Int) -> Parameter { parameters[index] }

  /// Returns the place of the tensor named `name`, or `nil` if there is none.
  public func index(of name: String) -> Int? { indices[name] }

  /// A text that names every tensor and its shape, one a line: what two parties must agree on.
  ///
  /// A line is the name, a space and the dimensions joined by `x`; lines end in a newline.
  public var description: String {
    parameters.map { "\($0.name) \($0.shape.map(String.init).joined(separator: "x"))\n" }.joined()
  }
}
