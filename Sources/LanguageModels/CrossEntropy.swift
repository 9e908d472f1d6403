internal import Foundation
internal import Kernels
internal import Tensors

/// The loss of one sequence.
public struct SequenceLoss: Sendable, Equatable {
  /// The negative log-likelihood of all labels, in nats.
  public let sum: Double

  /// The number of labels.
  public let labelCount: Int

  /// The mean negative log-likelihood of a label, in nats: an example's loss.
  public var mean: Double { sum / Double(labelCount) }

  /// Creates a loss.
  package init(sum: Double, labelCount: Int) {
    self.sum = sum
    self.labelCount = labelCount
  }

  /// Returns the losses of consecutive sequences with `counts` labels each.
  static func split(_ losses: [Double], into counts: [Int]) -> [SequenceLoss] {
    var start = 0
    return counts.map { count in
      defer { start += count }
      return SequenceLoss(
        sum: losses[start..<start + count].reduce(0, +), labelCount: count)
    }
  }
}

/// The output head and the cross-entropy of its logits, one tile of the vocabulary at a time.
///
/// Logits of more than one tile never exist: each tile leaves the maximum and the sum of exponentials
/// of its logits, and these are combined in the order of tiles.
struct CrossEntropy: Sendable {
  private let products: TiledProducts

  /// Creates the head whose weights `products` loads.
  init(products: TiledProducts) {
    var products = products
    products.phase = .head
    self.products = products
  }

  /// Returns the negative log-likelihood of each target, in nats, for each side.
  ///
  /// - Parameters:
  ///   - hidden: Shape `(sides · targets, hiddenSize)`.
  ///   - head: The index of the output head's tensor.
  func losses(hidden: Matrix, targets: [Int32], head: Int) -> [[Double]] {
    let tiles = products.tileRanges(of: head)
    let maxima = Matrix(rows: tiles.count, columns: hidden.rowCount)
    let sums = Matrix(rows: tiles.count, columns: hidden.rowCount)
    let targetLogits = Matrix(rows: 1, columns: hidden.rowCount)
    let runtime = products.runtime
    runtime.threads.forEach(tiles.count) { tile in
      withLogits(hidden, head, tiles[tile]) { logits in
        runtime.clock.measure(.head) {
          for row in 0..<hidden.rowCount {
            let (maximum, sum) = runtime.operations.sumOfExponentials(logits.rows(row..<row + 1))
            maxima[tile, row] = maximum
            sums[tile, row] = sum
            let target = Int(targets[row % targets.count])
            if tiles[tile].contains(target) {
              targetLogits[0, row] = logits[row, target - tiles[tile].lowerBound]
            }
          }
        }
      }
    }
    let losses = (0..<hidden.rowCount).map { row in
      logSumExp(maxima, sums, row) - Double(targetLogits[0, row])
    }
    return (0..<products.sideCount).map { side in
      Array(losses[side * targets.count..<(side + 1) * targets.count])
    }
  }

  private func withLogits(
    _ hidden: Matrix, _ head: Int, _ rows: Range<Int>, _ body: (Matrix) -> Void
  ) {
    products.runtime.scratch.with(elements: hidden.rowCount * rows.count) { scratch in
      let logits = scratch.reshaped(rows: hidden.rowCount, columns: rows.count)
      products.withTile(rows, of: head) { products.multiply(hidden, $0, into: logits) }
      body(logits)
    }
  }

  /// Returns `ln Σ exp(logit)` over the whole vocabulary from the parts that the tiles left.
  private func logSumExp(_ maxima: Matrix, _ sums: Matrix, _ row: Int) -> Double {
    let tiles = 0..<maxima.rowCount
    let maximum = tiles.map { Double(maxima[$0, row]) }.max() ?? 0
    let sum = tiles.reduce(0.0) {
      $0 + Double(sums[$1, row]) * exp(Double(maxima[$1, row]) - maximum)
    }
    return maximum + log(sum)
  }
}
