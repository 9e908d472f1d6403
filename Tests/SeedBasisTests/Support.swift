import CounterRandom
import SeedBasis
import Tensors
import Weights

extension Matrix {
  /// The patterns of all elements, which tell zeros of different sign apart.
  var bits: [UInt32] { elements.map(\.bitPattern) }
}

extension WeightSource {
  /// Loads rows into a new tile.
  func tile(_ rows: Range<Int>, of tensor: Int) -> Matrix {
    let tile = Matrix(rows: rows.count, columns: parameters[tensor].columnCount)
    load(rows, of: tensor, into: tile)
    return tile
  }

  /// The bits of a whole tensor, loaded in tiles of `rowsPerTile` rows.
  func bits(of tensor: Int, rowsPerTile: Int = 1 << 30) -> [UInt32] {
    let rows = parameters[tensor].rowCount
    return stride(from: 0, to: rows, by: rowsPerTile).flatMap {
      tile($0..<min($0 + rowsPerTile, rows), of: tensor).bits
    }
  }
}

extension TwoSidedWeightSource {
  /// Loads both sides of rows into new tiles.
  func tile(_ rows: Range<Int>, of tensor: Int) -> Sides<Matrix> {
    let columns = parameters[tensor].columnCount
    let tile = Sides(
      plus: Matrix(rows: rows.count, columns: columns),
      minus: Matrix(rows: rows.count, columns: columns))
    load(rows, of: tensor, into: tile)
    return tile
  }
}

/// Tensors of one column that hold `values` from row `first` on, and nothing before.
struct ColumnSource: WeightSource {
  let parameters: ParameterMap
  let first: Int
  let values: [Float]

  init(tensor: Int, first: Int, values: [Float]) {
    let shape = [first + values.count, 1]
    // Names of equal length, so that their order is that of the numbers.
    parameters = ParameterMap(
      (0...tensor).map { Parameter(name: "tensor\(1000 + $0)", shape: shape) })
    self.first = first
    self.values = values
  }

  func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    for row in rows where row >= first {
      tile[row - rows.lowerBound, 0] = values[row - first]
    }
  }
}

/// A few small tensors of seeded numbers.
struct RandomSource: WeightSource {
  let parameters: ParameterMap
  let tensors: [Matrix]

  init(shapes: [[Int]]) {
    parameters = ParameterMap(
      shapes.enumerated().map { Parameter(name: "tensor\($0)", shape: $1) })
    tensors = parameters.parameters.enumerated().map { index, parameter in
      var random = RandomStream(seed: 5, tag: .syntheticWeights, a: UInt32(index))
      return Matrix(row: (0..<parameter.elementCount).map { _ in Float(random.normal()) })
        .reshaped(rows: parameter.rowCount, columns: parameter.columnCount)
    }
  }

  func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    for row in rows {
      for column in 0..<parameters[tensor].columnCount {
        tile[row - rows.lowerBound, column] = tensors[tensor][row, column]
      }
    }
  }
}
