import CounterRandom
import Tensors

/// Lengths around every vector width (4, 8, 16), with empty and odd tails, and real ones.
let lengths = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 576, 1000]

/// The unit roundoff of binary32.
let unit = Double(Float.ulpOfOne) / 2

func randomMatrix(_ rows: Int, _ columns: Int, seed: UInt64, scale: Float = 3) -> Matrix {
  var random = RandomStream(seed: seed, tag: .syntheticData)
  let matrix = Matrix(rows: rows, columns: columns)
  for row in 0..<rows {
    for column in 0..<columns { matrix[row, column] = (Float(random.uniform()) * 2 - 1) * scale }
  }
  return matrix
}

func doubles(_ matrix: Matrix) -> [Double] { matrix.elements.map(Double.init) }

/// The largest error in units of the tolerance given for each element; at most 1 is a pass.
func worst(_ actual: Matrix, _ expected: [Double], _ tolerance: (Int) -> Double) -> Double {
  zip(doubles(actual), expected).enumerated().map { index, pair in
    abs(pair.0 - pair.1) / tolerance(index)
  }.max() ?? 0
}
