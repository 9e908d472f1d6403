internal import Foundation
internal import Kernels
internal import Tensors

/// The rotary angles of the rows of a batch.
struct RotaryEmbedding: Sendable {
  /// Shape `(rows, headSize / 2)`.
  let cosine: Matrix
  let sine: Matrix

  /// Creates the angles `position / base^(2i / headSize)` for pair `i` of a head.
  ///
  /// Frequencies and angles are rounded to binary32, as the models were trained with.
  init(positions: [Int], headSize: Int, base: Float, runtime: Runtime) {
    let half = headSize / 2
    let frequencies = (0..<half).map { 1 / pow(base, Float(2 * $0) / Float(headSize)) }
    let cosine = Matrix(rows: positions.count, columns: half)
    let sine = Matrix(rows: positions.count, columns: half)
    runtime.threads.forEach(positions.count) { row in
      for pair in 0..<half {
        let angle = Double(Float(positions[row]) * frequencies[pair])
        cosine[row, pair] = Float(cos(angle))
        sine[row, pair] = Float(sin(angle))
      }
    }
    self.cosine = cosine
    self.sine = sine
  }
}
