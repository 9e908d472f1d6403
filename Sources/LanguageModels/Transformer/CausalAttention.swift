package import Kernels
internal import Tensors

/// Grouped-query attention of packed sequences: each position sees itself and those before it.
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
    /// The number of positions each query sees, ascending.
    let visible: [Int]
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
      into: count == 1 ? output : output.reshaped(rows: count, columns: size)
    ) { row in segment.visible[rows.lowerBound + (count == 1 ? row : 0)] }
  }

  private func attend(
    _ queries: Matrix, _ keys: Matrix, _ values: Matrix, into output: Matrix,
    visible: (Int) -> Int
  ) {
    let count = visible(queries.rowCount - 1)
    context.scratch.with(elements: queries.rowCount * count) { scratch in
      let scores = scratch.reshaped(rows: queries.rowCount, columns: count)
      OpenBLAS.multiply(queries, transposed: keys.rows(0..<count), into: scores)
      let scale = 1 / Float(configuration.headSize).squareRoot()
      context.operations.softmax(scores, scale: scale, counts: visible)
      OpenBLAS.multiply(scores, values.rows(0..<count), into: output)
    }
  }
}

extension PhaseClock.Phase {
  /// Attention, without its products with weights.
  package static let attention = Self(rawValue: "attention")
}
