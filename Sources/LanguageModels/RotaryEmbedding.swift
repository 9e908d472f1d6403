internal import Foundation
internal import Tensors

/// The rotary angles of the rows of a batch.
struct RotaryEmbedding: Sendable {
  /// Shape `(rows, headSize / 2)`.
  let cosine: Matrix
  let sine: Matrix

  /// Creates the angles `position / base^(2i / headSize)` for pair `i` of a head.
  ///
  /// Frequencies and angles are rounded to binary32, as the models were trained with.
  init(positions: [Int], headSize: Int, base: Float) {
    let half = headSize / 2
    cosine = Matrix(rows: positions.count, columns: half)
    sine = Matrix(rows: positions.count, columns: half)
    for pair in 0..<half {
      let frequency = 1 / pow(base, Float(2 * pair) / Float(headSize))
      for (row, position) in positions.enumerated() {
        let angle = Double(Float(position) * frequency)
        cosine[row, pair] = Float(cos(angle))
        sine[row, pair] = Float(sin(angle))
      }
    }
  }

  /// Returns the angles of the rows `rows`, for several sides that have the same positions.
  func rows(_ range: Range<Int>) -> (cosine: Matrix, sine: Matrix) {
    (cosine.rows(range), sine.rows(range))
  }
}
