internal import Foundation
package import Kernels
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
  private let weights: PassWeights
  private let head: Linear
  private let cap: Float?

  /// Creates the head `head` of a pass with `weights`.
  ///
  /// - Parameter cap: The soft cap of logits, or `nil`.
  init(_ weights: PassWeights, head: Linear, cap: Float?) {
    self.cap = cap
    var weights = weights
    weights.phase = .head
    self.weights = weights
    self.head = head
  }

  /// What the logits of a row come to.
  struct Score: Sendable {
    /// `ln Σ exp(logit)` over the vocabulary.
    let logSumExp: Double
    /// The negative log-likelihood of the target, in nats.
    let loss: Double
  }

  /// Returns the negative log-likelihood of each target, in nats.
  func losses(hidden: Matrix, targets: [Int32]) -> [Double] {
    scores(hidden: hidden, targets: targets).map(\.loss)
  }

  /// Returns what the logits of each row come to.
  ///
  /// - Parameters:
  ///   - hidden: Shape `(targets, hiddenSize)`.
  ///   - targets: The token to be predicted from each row.
  func scores(hidden: Matrix, targets: [Int32]) -> [Score] {
    let tiles = weights.tileRanges(of: head.weight)
    let maxima = Matrix(rows: tiles.count, columns: hidden.rowCount)
    let sums = Matrix(rows: tiles.count, columns: hidden.rowCount)
    let targetLogits = Matrix(rows: 1, columns: hidden.rowCount)
    let context = weights.context
    context.threads.forEach(tiles.count) { tile in
      withLogits(hidden, tiles[tile]) { logits in
        context.clock.measure(.head) {
          for (row, target) in targets.enumerated() {
            let (maximum, sum) = context.operations.sumOfExponentials(logits.rows(row..<row + 1))
            maxima[tile, row] = maximum
            sums[tile, row] = sum
            if tiles[tile].contains(Int(target)) {
              targetLogits[0, row] = logits[row, Int(target) - tiles[tile].lowerBound]
            }
          }
        }
      }
    }
    return targets.indices.map { row in
      let logSumExp = logSumExp(maxima, sums, row)
      return Score(logSumExp: logSumExp, loss: logSumExp - Double(targetLogits[0, row]))
    }
  }

  /// Gives the gradient of the head to the sink, and returns that of `hidden`, shaped as it is, for a
  /// weighted sum of losses.
  ///
  /// The second of two passes over the vocabulary: logits of more than one tile never exist.
  ///
  /// - Parameters:
  ///   - scores: What the first pass found.
  ///   - rowWeights: The weight of the loss of each row.
  ///   - backward: The same weights, and the sink.
  func gradient(
    hidden: Matrix, targets: [Int32], _ scores: [Score], rowWeights: [Double],
    by backward: BackwardWeights
  ) -> Matrix {
    let tiles = backward.tileRanges(of: head.weight)
    let logSumExps = scores.map { Float($0.logSumExp) }
    let rowWeights = rowWeights.map(Float.init)
    let operations = backward.context.operations
    return backward.sharded(tiles.count, rows: hidden.rowCount, columns: hidden.columnCount) {
      turn in
      let rows = tiles[turn.tile]
      let size = hidden.rowCount * rows.count
      backward.context.scratch.with(elements: cap == nil ? size : 2 * size) { scratch in
        let logits = scratch.columns(0..<size)
          .reshaped(rows: hidden.rowCount, columns: rows.count)
        let capped = cap.map { _ in
          scratch.columns(size..<2 * size).reshaped(rows: hidden.rowCount, columns: rows.count)
        }
        backward.run(turn, of: head.weight, rows: rows, phase: .head, x: hidden) { tile in
          backward.context.clock.measure(.head) {
            OpenBLAS.multiply(hidden, transposed: tile, into: logits)
            if let cap { operations.softCap(logits, cap: cap) }
            capped?.copyElements(from: logits)
            operations.crossEntropyGradient(logits, logSumExps: logSumExps, weights: rowWeights) {
              rows.contains(Int(targets[$0])) ? Int(targets[$0]) - rows.lowerBound : nil
            }
            if let cap, let capped {
              operations.softCapGradient(logits, of: capped, scale: 1, cap: cap)
            }
          }
          return logits
        }
      }
    }
  }

  private func withLogits(_ hidden: Matrix, _ rows: Range<Int>, _ body: (Matrix) -> Void) {
    weights.context.scratch.with(elements: hidden.rowCount * rows.count) { scratch in
      let logits = scratch.reshaped(rows: hidden.rowCount, columns: rows.count)
      weights.withTile(rows, of: head.weight) { weights.multiply(hidden, $0, into: logits) }
      if let cap { weights.context.operations.softCap(logits, cap: cap) }
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

extension PhaseClock.Phase {
  /// The output head and the cross-entropy, its products included.
  package static let head = Self(rawValue: "head")
}
