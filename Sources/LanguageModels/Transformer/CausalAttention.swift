internal import Foundation
package import Kernels
internal import Tensors

/// Grouped-query attention of packed sequences: each position sees itself and those before it, or a
/// window of them.
///
/// Scores exist for one block of queries and one head at a time. Source: Vaswani et al. 2017
/// (arXiv:1706.03762), equation 1; Ainslie et al. 2023 (arXiv:2305.13245) for the groups.
struct CausalAttention: Sendable {
  /// What one sequence attends with.
  struct Segment: Sendable {
    /// Shape `(queries, heads · headSize)`.
    let queries: Matrix
    /// Where the result goes, shaped as ``queries``.
    let output: Matrix
    /// Shape `(positions, keyValueHeads · headSize)`.
    let keys: Matrix
    let values: Matrix
    /// The positions each query sees; both ends ascend.
    let visible: [Range<Int>]
  }

  let configuration: ModelConfiguration
  let context: ComputeContext

  private static let queryBlock = 64

  /// Writes the attention of every segment to its output.
  func callAsFunction(_ segments: [Segment]) {
    let tasks = segments.flatMap { segment in
      stride(from: 0, to: segment.visible.count, by: Self.queryBlock).flatMap { start in
        let rows = start..<min(start + Self.queryBlock, segment.visible.count)
        return headGroups(for: rows).map { (segment: segment, rows: rows, heads: $0) }
      }
    }
    context.threads.forEach(tasks.count) { index in
      let (segment, rows, heads) = tasks[index]
      context.clock.measure(.attention) { attend(segment, rows, heads) }
    }
  }

  private var groupSize: Int { configuration.headCount / configuration.keyValueHeadCount }

  /// Returns the query heads that are computed together.
  ///
  /// One by one they fill more threads. For a single query, as while decoding, those that share a
  /// key-value head become the rows of one product.
  private func headGroups(for rows: Range<Int>) -> [Range<Int>] {
    let size = rows.count == 1 ? groupSize : 1
    return stride(from: 0, to: configuration.headCount, by: size).map { $0..<$0 + size }
  }

  private func attend(_ segment: Segment, _ rows: Range<Int>, _ heads: Range<Int>) {
    let size = configuration.headSize
    let keyValueHead = heads.lowerBound / groupSize
    let shared = keyValueHead * size..<(keyValueHead + 1) * size
    let columns = heads.lowerBound * size..<heads.upperBound * size
    let (queries, output) = (
      segment.queries.rows(rows).columns(columns), segment.output.rows(rows).columns(columns)
    )
    let count = heads.count
    attend(
      count == 1 ? queries : queries.reshaped(rows: count, columns: size),
      segment.keys.columns(shared), segment.values.columns(shared),
      into: count == 1 ? output : output.reshaped(rows: count, columns: size),
      heads: heads
    ) { row in segment.visible[rows.lowerBound + (count == 1 ? row : 0)] }
  }

  /// - Parameter heads: The head of all rows, or that of each.
  private func attend(
    _ queries: Matrix, _ keys: Matrix, _ values: Matrix, into output: Matrix, heads: Range<Int>,
    visible: (Int) -> Range<Int>
  ) {
    let seen = visible(0).lowerBound..<visible(queries.rowCount - 1).upperBound
    context.scratch.with(elements: queries.rowCount * seen.count) { scratch in
      let scores = scratch.reshaped(rows: queries.rowCount, columns: seen.count)
      OpenBLAS.multiply(queries, transposed: keys.rows(seen), into: scores)
      probabilities(scores, heads: heads) { visible($0).shifted(by: -seen.lowerBound) }
      OpenBLAS.multiply(scores, values.rows(seen), into: output)
    }
  }

  /// Replaces products of queries and keys by the shares of attention.
  ///
  /// - Parameters:
  ///   - heads: The head of all rows, or that of each.
  ///   - capped: Receives the capped scores, if there is a cap.
  ///   - visible: The columns that each row sees.
  func probabilities(
    _ scores: Matrix, heads: Range<Int>, capped: Matrix? = nil, visible: (Int) -> Range<Int>
  ) {
    let operations = context.operations
    if let cap = configuration.attentionCap {
      operations.softCap(scores, scale: configuration.attentionScale, cap: cap, visible: visible)
      capped?.copyElements(from: scores)
      return operations.softmax(scores, scale: 1, visible: visible)
    }
    if configuration.hasAttentionSlopes { addSlopes(scores, heads) }
    operations.softmax(scores, scale: configuration.attentionScale, visible: visible)
  }

  private func addSlopes(_ scores: Matrix, _ heads: Range<Int>) {
    for row in 0..<scores.rowCount {
      let head = heads.lowerBound + (heads.count == 1 ? 0 : row)
      context.operations.addRamp(
        scores.rows(row..<row + 1),
        slope: configuration.attentionSlope(ofHead: head) / configuration.attentionScale)
    }
  }
}

extension ModelConfiguration {
  /// The slope by which scores of a head fall with distance: a geometric sequence.
  ///
  /// Source: Press, Smith and Lewis 2022 (arXiv:2108.12409), section 3; for numbers of heads that are no
  /// power of two, the authors' code.
  func attentionSlope(ofHead head: Int) -> Float {
    let power = 1 << (Int.bitWidth - 1 - headCount.leadingZeroBitCount)
    let exponent =
      head < power
      ? 8 * Double(head + 1) / Double(power) : 4 * Double(2 * (head - power) + 1) / Double(power)
    return Float(exp2(-exponent))
  }
}

extension Range<Int> {
  /// Returns the range moved by `distance`.
  func shifted(by distance: Int) -> Range<Int> { lowerBound + distance..<upperBound + distance }
}

extension PhaseClock.Phase {
  /// Attention, without its products with weights.
  package static let attention = Self(rawValue: "attention")
}
