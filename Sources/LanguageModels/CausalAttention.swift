internal import Kernels
internal import Tensors

/// Grouped-query attention of packed sequences: each position sees itself and those before it.
///
/// Scores exist for one block of queries and one head at a time. Source: Vaswani et al. 2017
/// (arXiv:1706.03762), equation 1; Ainslie et al. 2023 (arXiv:2305.13245) for the groups.
struct CausalAttention: Sendable {
  /// What one sequence (of one side) attends with.
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
  let runtime: Runtime

  private static let queryBlock = 64

  /// Writes the attention of every segment to its output.
  func callAsFunction(_ segments: [Segment]) {
    let heads = configuration.keyValueHeadCount
    let tasks = segments.flatMap { segment in
      stride(from: 0, to: segment.visible.count, by: Self.queryBlock).flatMap { start in
        let rows = start..<min(start + Self.queryBlock, segment.visible.count)
        return (0..<heads).map { (segment: segment, rows: rows, head: $0) }
      }
    }
    runtime.threads.forEach(tasks.count) { index in
      let (segment, rows, head) = tasks[index]
      attend(segment, rows, keyValueHead: head)
    }
  }

  /// Handles all query heads that share `keyValueHead`.
  private func attend(_ segment: Segment, _ rows: Range<Int>, keyValueHead: Int) {
    let size = configuration.headSize
    let group = configuration.headCount / configuration.keyValueHeadCount
    let visible = segment.visible[rows]
    let shared = keyValueHead * size..<(keyValueHead + 1) * size
    let (keys, values) = (segment.keys.columns(shared), segment.values.columns(shared))
    let columns = keyValueHead * group * size..<(keyValueHead + 1) * group * size
    let queries = segment.queries.rows(rows).columns(columns)
    let output = segment.output.rows(rows).columns(columns)
    if rows.count == 1 {
      // While decoding, the heads of a group become the rows of one product.
      attend(
        queries.reshaped(rows: group, columns: size), keys, values,
        into: output.reshaped(rows: group, columns: size)
      ) { _ in visible[rows.lowerBound] }
    } else {
      for head in 0..<group {
        let columns = head * size..<(head + 1) * size
        attend(queries.columns(columns), keys, values, into: output.columns(columns)) {
          visible[rows.lowerBound + $0]
        }
      }
    }
  }

  private func attend(
    _ queries: Matrix, _ keys: Matrix, _ values: Matrix, into output: Matrix,
    visible: (Int) -> Int
  ) {
    let count = visible(queries.rowCount - 1)
    runtime.scratch.with(elements: queries.rowCount * count) { scratch in
      let scores = scratch.reshaped(rows: queries.rowCount, columns: count)
      OpenBLAS.multiply(queries, transposed: keys.rows(0..<count), into: scores)
      let scale = 1 / Float(configuration.headSize).squareRoot()
      runtime.operations.softmax(scores, scale: scale, counts: visible)
      OpenBLAS.multiply(scores, values.rows(0..<count), into: output)
    }
  }
}
