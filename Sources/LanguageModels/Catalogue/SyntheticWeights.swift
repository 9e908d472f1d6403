internal import CounterRandom
public import Tensors

/// The weights of a model that nobody trained, made from a seed whenever they are loaded.
///
/// Matrices are uniform with the standard deviation that Llama models start from, norms are 1 and biases 0, so
/// that a loss is finite and near `ln(vocabularySize)`: what such a model costs is what a trained one of
/// its shape costs. Element i of a matrix is word `i % 4` of the Philox block with the counter
/// `(i / 4, tensor, 0, tag)`, as a number in `[−1, 1)` times √3 times the deviation.
public struct SyntheticWeights: WeightSource {
  /// The tensors.
  public let parameters: ParameterMap

  private let key: SIMD2<UInt32>

  /// Half the width of the distribution: a deviation of 0.02.
  private static let radius: Float = 0.02 * 1.7320508

  /// Creates the weights named `seed` of a model with these tensors.
  public init(parameters: ParameterMap, seed: UInt64) {
    self.parameters = parameters
    key = [UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32)]
  }

  /// Writes the weights of `rows` to `tile`.
  public func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    let parameter = parameters[tensor]
    let constant: Float? =
      parameter.name.hasSuffix(".bias") ? 0 : parameter.shape.count == 1 ? 1 : nil
    let first = rows.lowerBound * parameter.columnCount
    let count = rows.count * parameter.columnCount
    precondition(
      tile.isContiguous && tile.rowCount * tile.columnCount == count,
      "rows \(rows) of \(parameter)")
    // SAFETY: the matrix is contiguous and has `count` elements, checked above.
    unsafe tile.withUnsafeMutablePointer { target in
      if let constant { return unsafe target.update(repeating: constant, count: count) }
      var words = block(first / 4, tensor)
      for index in 0..<count {
        let place = first + index
        if place % 4 == 0 { words = block(place / 4, tensor) }
        unsafe target[index] = value(words[place % 4])
      }
    }
  }

  private func block(_ index: Int, _ tensor: Int) -> SIMD4<UInt32> {
    Philox4x32.block(
      counter: [
        UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: tensor), 0,
        StreamTag.syntheticWeights.rawValue,
      ], key: key)
  }

  /// Returns a number made of the upper 24 bits of a word.
  private func value(_ word: UInt32) -> Float {
    Float(Int32(bitPattern: word) >> 8) * (Self.radius / 8_388_608)
  }
}
