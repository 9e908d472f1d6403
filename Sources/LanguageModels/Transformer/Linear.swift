/// A linear layer `x · Wᵀ + b`, by the places of its tensors, of which it may have a part only.
struct Linear: Sendable {
  /// The place of W, shape `(outputs, inputs)`.
  let weight: Int

  /// The place of b, shape `(outputs)`; `nil` if there is none.
  let bias: Int?

  /// Whether the rows of W are inputs, as in GPT-2: shape `(inputs, outputs)`.
  var isTransposed = false

  /// Which outputs of the tensors are the layer's, in their order; `nil` if all are.
  private(set) var outputs: [Range<Int>]?

  init(weight: Int, bias: Int?, isTransposed: Bool = false) {
    self.weight = weight
    self.bias = bias
    self.isTransposed = isTransposed
  }

  /// Returns the layer of the outputs `range` of a layer.
  func part(_ range: Range<Int>) -> Linear { parts([range]) }

  /// Returns the layer of the outputs in `ranges`, one after the other.
  func parts(_ ranges: [Range<Int>]) -> Linear {
    var part = self
    part.outputs = ranges
    return part
  }

  /// Rows of a layer's weights, and the outputs of the layer that they make.
  struct Tile: Sendable {
    /// Rows of the tensor.
    let rows: Range<Int>
    /// Columns of the layer's output.
    let columns: Range<Int>
  }

  /// Returns the tiles of at most `rowCount` rows of a layer that is not transposed; `total` is the
  /// number of rows of the tensor.
  func tiles(of total: Int, rowCount: Int) -> [Tile] {
    var end = 0
    return (outputs ?? [0..<total]).flatMap { range in
      stride(from: range.lowerBound, to: range.upperBound, by: rowCount).map { start in
        let rows = start..<min(start + rowCount, range.upperBound)
        defer { end += rows.count }
        return Tile(rows: rows, columns: end..<end + rows.count)
      }
    }
  }

  /// Returns which outputs of the tensors, of which there are `total`, make which of the layer's.
  func slices(of total: Int) -> [Tile] { tiles(of: total, rowCount: max(total, 1)) }
}

/// A norm, by the places of its tensors.
struct Norm: Sendable {
  /// The place of the weight, shape `(n)`.
  let weight: Int

  /// The place of the bias, shape `(n)`; `nil` if there is none.
  let bias: Int?
}
