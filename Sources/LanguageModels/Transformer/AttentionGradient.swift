internal import Kernels
internal import Tensors

/// The backward pass of ``CausalAttention``: from the gradient of its output to those of queries, keys
/// and values.
///
/// Probabilities are computed again, for one block of queries and one head at a time. With `P` the
/// probabilities, `s` the scale and `dO` the gradient of a head's output,
///
///     dV = Pᵀ dO,   dP = dO Vᵀ,   dS = s · P ∘ (dP − rowsum(P ∘ dP)),   dQ = dS K,   dK = dSᵀ Q
///
/// The heads that share keys and values add up one after the other. Source: Vaswani et al. 2017
/// (arXiv:1706.03762), equation 1, differentiated.
struct AttentionGradient: Sendable {
  /// A sequence's part of the attention, and where its gradients go.
  struct Segment: Sendable {
    /// What went into the attention.
    let forward: CausalAttention.Segment
    /// The gradient of the output, shaped as the queries.
    let dOutput: Matrix
    /// Receives the gradient of the queries.
    let dQueries: Matrix
    /// Receive the gradients of keys and values; zero before.
    let dKeys, dValues: Matrix
  }

  let attention: CausalAttention

  private var configuration: ModelConfiguration { attention.configuration }
  private var context: ComputeContext { attention.context }

  private static let queryBlock = 64

  private var size: Int { configuration.headSize }
  private var groupSize: Int { configuration.headCount / configuration.keyValueHeadCount }

  /// Writes the gradients of every segment.
  func callAsFunction(_ segments: [Segment]) {
    let tasks = segments.flatMap { segment in
      (0..<configuration.keyValueHeadCount).map { (segment: segment, head: $0) }
    }
    context.threads.forEach(tasks.count) { index in
      context.clock.measure(.attention) { run(tasks[index].segment, tasks[index].head) }
    }
  }

  private func run(_ segment: Segment, _ keyValueHead: Int) {
    let shared = keyValueHead * size..<(keyValueHead + 1) * size
    let count = segment.forward.visible.count
    for head in keyValueHead * groupSize..<(keyValueHead + 1) * groupSize {
      for start in stride(from: 0, to: count, by: Self.queryBlock) {
        let rows = start..<min(start + Self.queryBlock, count)
        run(segment, rows, head, shared: shared)
      }
    }
  }

  private func run(_ segment: Segment, _ rows: Range<Int>, _ head: Int, shared: Range<Int>) {
    let (forward, own) = (segment.forward, head * size..<(head + 1) * size)
    let first = forward.visible[rows.lowerBound].lowerBound
    let seen = first..<forward.visible[rows.upperBound - 1].upperBound
    let visible = { forward.visible[rows.lowerBound + $0].shifted(by: -first) }
    let queries = forward.queries.rows(rows).columns(own)
    let keys = forward.keys.rows(seen).columns(shared)
    let dOutput = segment.dOutput.rows(rows).columns(own)
    let isCapped = configuration.attentionCap != nil
    context.scratch.with(elements: (isCapped ? 3 : 2) * rows.count * seen.count) { scratch in
      let all = scratch.reshaped(rows: (isCapped ? 3 : 2) * rows.count, columns: seen.count)
      let (p, dp) = (all.rows(0..<rows.count), all.rows(rows.count..<2 * rows.count))
      let capped = isCapped ? all.rows(2 * rows.count..<3 * rows.count) : nil
      OpenBLAS.multiply(queries, transposed: keys, into: p)
      attention.probabilities(p, heads: head..<head + 1, capped: capped, visible: visible)
      OpenBLAS.multiply(
        dOutput, transposed: forward.values.rows(seen).columns(shared), into: dp)
      OpenBLAS.multiply(
        transposed: p, dOutput, into: segment.dValues.rows(seen).columns(shared), adding: true)
      scoreGradient(dp, of: p, capped, visible)
      OpenBLAS.multiply(dp, keys, into: segment.dQueries.rows(rows).columns(own))
      OpenBLAS.multiply(
        transposed: dp, queries, into: segment.dKeys.rows(seen).columns(shared), adding: true)
    }
  }

  /// Replaces the gradient of the shares of attention by that of products of queries and keys.
  private func scoreGradient(
    _ dp: Matrix, of p: Matrix, _ capped: Matrix?, _ visible: (Int) -> Range<Int>
  ) {
    let (operations, scale) = (context.operations, configuration.attentionScale)
    guard let capped, let cap = configuration.attentionCap else {
      return operations.softmaxGradient(dp, of: p, scale: scale, visible: visible)
    }
    operations.softmaxGradient(dp, of: p, scale: 1, visible: visible)
    operations.softCapGradient(dp, of: capped, scale: scale, cap: cap)
  }
}

extension PassInput {
  /// Returns the gradients of queries, shape `(m, querySize)`, and of keys and values, shape
  /// `(n, keyValueSize)`, of the layer `layer`; all in ``scratch``.
  ///
  /// - Parameters:
  ///   - dContext: The gradient of what attention gave, shape `(m, querySize)`.
  ///   - asking: The m rows.
  ///   - kept: The queries, keys and values of the forward pass.
  func attentionGradient(
    _ dContext: Matrix, asking: QueryRows, _ kept: LayerActivations, layer: Int
  ) -> (dQueries: Matrix, dKeys: Matrix, dValues: Matrix) {
    let (dQueries, dKeys, dValues, _) = scratch.attention(
      asking: dContext.rowCount, rows: kept.keys.rowCount)
    dKeys.clear()
    dValues.clear()
    let forward = segments(
      asking, kept.queries, kept.keys, kept.values, into: kept.context, layer: layer)
    let backward = forward.enumerated().map { sequence, segment in
      let own = asking.ranges[sequence]
      return AttentionGradient.Segment(
        forward: segment, dOutput: dContext.rows(own), dQueries: dQueries.rows(own),
        dKeys: room(in: dKeys, for: sequence), dValues: room(in: dValues, for: sequence))
    }
    AttentionGradient(attention: attention)(backward)
    for (sequence, segment) in backward.enumerated() {
      addShared(segment.dKeys, of: sequence, to: dKeys)
      addShared(segment.dValues, of: sequence, to: dValues)
    }
    return (dQueries, dKeys, dValues)
  }

  /// Returns where the gradient of a sequence's keys or values goes: into its rows or, behind a prefix
  /// that others share, into memory of its own.
  private func room(in gradient: Matrix, for sequence: Int) -> Matrix {
    let own = batch.rows[sequence]
    guard let prefix = batch.sequences[sequence].prefix else { return gradient.rows(own) }
    return Matrix(rows: batch.rows[prefix].count + own.count, columns: gradient.columnCount)
  }

  /// Adds the gradient of a sequence with a prefix to the rows of both.
  private func addShared(_ part: Matrix, of sequence: Int, to gradient: Matrix) {
    guard let prefix = batch.sequences[sequence].prefix else { return }
    let (earlier, own) = (batch.rows[prefix], batch.rows[sequence])
    gradient.rows(earlier).add(part.rows(0..<earlier.count))
    gradient.rows(own).add(part.rows(earlier.count..<part.rowCount))
  }
}
