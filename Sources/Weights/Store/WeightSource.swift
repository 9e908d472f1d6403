public import Tensors

/// Where a forward pass gets its weights, tile by tile, as f32 in the Hugging Face layout.
public protocol WeightSource: Sendable {
  /// The tensors and their order.
  var parameters: ParameterMap { get }

  /// How many variants of the weights one load makes.
  ///
  /// 1: a tile has one variant, written to ``Tile/plus``. 2: `plus` holds w + εz and `minus` w − εz,
  /// made together.
  var sideCount: Int { get }

  /// Writes rows `rows` of a tensor, shape `(rows.count, columnCount)`, to `tile.plus` and, with two
  /// sides, to `tile.minus`.
  ///
  /// A rank-1 tensor is one row. Threads may load different tiles at once.
  ///
  /// - Parameter tensor: The tensor's index in ``parameters``.
  func load(_ rows: Range<Int>, of tensor: Int, into tile: Tile)
}

/// Scratch for one tile of weights: contiguous matrices of the same shape.
public struct Tile: Sendable {
  /// Receives the weights or, of two sides, w + εz.
  public let plus: Matrix

  /// Receives w − εz; unused, and possibly empty, with one side.
  public let minus: Matrix

  /// Creates a tile of two matrices.
  public init(plus: Matrix, minus: Matrix) {
    self.plus = plus
    self.minus = minus
  }
}
