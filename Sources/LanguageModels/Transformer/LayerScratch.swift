internal import Tensors

/// Memory for what a layer computes on its way, the same for all layers of a pass.
///
/// Nothing in it outlives the call of a layer, and no layer finds anything in it. Fresh memory in each
/// layer would have to be cleared and would scatter the heap. n stands for the rows of the pass, m for
/// those that a layer gives out.
struct LayerScratch: Sendable {
  private let configuration: ModelConfiguration
  /// One row of `n · hiddenSize` elements.
  private let narrow: Matrix
  /// One row for what attention holds at a time or, when that is done, for the feed-forward block.
  private let wide: Matrix

  /// Makes room for `rows` rows, n.
  init(rows: Int, _ c: ModelConfiguration) {
    configuration = c
    narrow = Matrix(rows: 1, columns: rows * c.hiddenSize)
    wide = Matrix(rows: 1, columns: rows * Self.width(c))
  }

  /// The elements for each row of ``wide``.
  static func width(_ c: ModelConfiguration) -> Int {
    max(2 * c.querySize + 2 * c.keyValueSize, c.feedForwardSize)
  }

  /// Returns room for normalised rows, shape `(rows, hiddenSize)`.
  func normalised(rows: Int) -> Matrix {
    narrow.reshaped(rows: rows, columns: configuration.hiddenSize)
  }

  /// Returns room for queries and context of m rows, and for keys and values of n rows.
  func attention(
    asking m: Int, rows n: Int
  ) -> (queries: Matrix, keys: Matrix, values: Matrix, context: Matrix) {
    let (query, keyValue) = (configuration.querySize, configuration.keyValueSize)
    let (m0, n0) = (m * query, n * keyValue)
    return (
      part(from: 0, rows: m, columns: query), part(from: m0, rows: n, columns: keyValue),
      part(from: m0 + n0, rows: n, columns: keyValue),
      part(from: m0 + 2 * n0, rows: m, columns: query)
    )
  }

  /// Returns room for the feed-forward block of `rows` rows, shape `(rows, feedForwardSize)`.
  func hidden(rows: Int) -> Matrix {
    part(from: 0, rows: rows, columns: configuration.feedForwardSize)
  }

  private func part(from start: Int, rows: Int, columns: Int) -> Matrix {
    wide.columns(start..<start + rows * columns).reshaped(rows: rows, columns: columns)
  }
}
