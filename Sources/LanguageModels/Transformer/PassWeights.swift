package import Kernels
internal import Tensors

/// The weights of a pass, which exist one tile at a time.
///
/// A two-sided pass holds the rows of its activations twice: the first half belongs to w + εz, the
/// second to w − εz, and each half meets the weights of its own side. A tile of either kind of pass is
/// stacked in the same way, so that whatever applies no weight knows no sides.
struct PassWeights: Sendable {
  private enum Source: Sendable {
    case oneSided(any WeightSource)
    case twoSided(any TwoSidedWeightSource)
  }

  private let source: Source

  /// The tensors and their order.
  let parameters: ParameterMap

  /// What the pass runs on.
  let context: ComputeContext

  /// What products count as.
  var phase = PhaseClock.Phase.products

  /// The number of variants of each tile, and of parts of every activation: 1 or 2.
  let sideCount: Int

  init(_ weights: any WeightSource, context: ComputeContext) {
    source = .oneSided(weights)
    parameters = weights.parameters
    sideCount = 1
    self.context = context
  }

  init(_ weights: any TwoSidedWeightSource, context: ComputeContext) {
    source = .twoSided(weights)
    parameters = weights.parameters
    sideCount = 2
    self.context = context
  }

  /// Returns the rows of `x` that belong to `side`.
  func rows(of side: Int, in x: Matrix) -> Matrix {
    let count = x.rowCount / sideCount
    return x.rows(side * count..<(side + 1) * count)
  }

  /// Writes rows `rows` of `tensor` to `tile`, shape `(sides · rows, columns)`.
  func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    switch source {
    case .oneSided(let weights): weights.load(rows, of: tensor, into: tile)
    case .twoSided(let weights):
      let sides = Sides(plus: self.rows(of: 0, in: tile), minus: self.rows(of: 1, in: tile))
      weights.load(rows, of: tensor, into: sides)
    }
  }

  /// Calls `body` with rows `rows` of `tensor` in scratch, shape `(sides · rows, columns)`.
  func withTile<R>(_ rows: Range<Int>, of tensor: Int, _ body: (Matrix) -> R) -> R {
    let columns = parameters[tensor].columnCount
    return context.scratch.with(elements: sideCount * rows.count * columns) { scratch in
      let tile = scratch.reshaped(rows: sideCount * rows.count, columns: columns)
      load(rows, of: tensor, into: tile)
      return body(tile)
    }
  }

  /// Returns the tiles of `tensor`: ranges of rows that depend on its shape only.
  ///
  /// Ninety-six rows keep OpenBLAS within 4 % of its speed on whole matrices (it packs `x` anew for
  /// each tile) and divide the layers of common models evenly among few threads. Long rows get fewer,
  /// so that the tiles of both sides take at most 1.5 MiB.
  func tileRanges(of tensor: Int) -> [Range<Int>] {
    let parameter = parameters[tensor]
    let size = Self.tileRowCount(columns: parameter.columnCount)
    return stride(from: 0, to: parameter.rowCount, by: size).map {
      $0..<min($0 + size, parameter.rowCount)
    }
  }

  /// The number of rows of a tile of a tensor with rows of `columns` elements, but for the last tile.
  static func tileRowCount(columns: Int) -> Int { min(max((3 << 16) / columns / 16 * 16, 16), 96) }
}

extension PhaseClock.Phase {
  /// Matrix products with tiles of the layers.
  package static let products = Self(rawValue: "products")
}
