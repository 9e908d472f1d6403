internal import Foundation
internal import Kernels
internal import Tensors

/// The rotary angles of the rows of a batch, held once for each position.
struct RotaryEmbedding: Sendable {
  /// Shape `(positions, rotated elements / 2)`.
  private let cosine: Matrix
  private let sine: Matrix

  /// For each row of the batch, that of the angles.
  private let places: [Int]

  private let headSize: Int
  private let context: ComputeContext

  /// Creates the angles `position · frequency` for each pair of a head's rotated elements.
  ///
  /// Frequencies and angles are rounded to binary32, as the models were trained with.
  ///
  /// - Parameter positions: The position of each row.
  init(positions: [Int], headSize: Int, _ rotary: Rotary, context: ComputeContext) {
    let distinct = Set(positions).sorted()
    let frequencies = rotary.frequencies
    let half = frequencies.count
    let magnitude = rotary.scaling.magnitude
    let cosine = Matrix(rows: distinct.count, columns: half)
    let sine = Matrix(rows: distinct.count, columns: half)
    context.threads.forEach(distinct.count) { place in
      for pair in 0..<half {
        let angle = Double(Float(distinct[place]) * frequencies[pair])
        cosine[place, pair] = Float(cos(angle)) * magnitude
        sine[place, pair] = Float(sin(angle)) * magnitude
      }
    }
    let placeOf = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
    places = positions.map { placeOf[$0, default: 0] }
    self.cosine = cosine
    self.sine = sine
    self.headSize = headSize
    self.context = context
  }

  /// Turns the heads of `x` in place.
  ///
  /// - Parameters:
  ///   - rows: The row of the batch of each row of `x`.
  ///   - isReversed: Whether they are turned back: what a gradient needs.
  func rotate(_ x: Matrix, rows: [Int], reversed isReversed: Bool = false) {
    let sine = isReversed ? self.sine.negated() : self.sine
    context.forEachRange(of: rows.count, by: 32) { range in
      for index in range {
        let place = places[rows[index]]..<places[rows[index]] + 1
        context.operations.rotate(
          x.rows(index..<index + 1), headSize: headSize, cosine: cosine.rows(place),
          sine: sine.rows(place))
      }
    }
  }
}
