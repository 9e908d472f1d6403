package import Tensors

/// A layer of a decoder: attention, then the feed-forward block, each added to what it was given; or both
/// given the same, and both added.
///
/// It holds no state and changes nothing but its result (and the key-value cache while decoding), so
/// that it can be run again from its input alone. n stands for the rows of the batch, m for those
/// that it gives out; of a two-sided pass both count twice.
package struct TransformerLayer: Sendable {
  /// The place of the layer.
  let index: Int

  /// The places of its tensors.
  let parameters: DecoderParameters.Layer

  /// The rows that it gives out: all that the next layer needs, or all whose output is wanted.
  let outputRows: QueryRows

  /// What it shares with the other layers of the pass.
  let pass: PassInput

  private var weights: PassWeights { pass.weights }
  private var configuration: ModelConfiguration { pass.configuration }

  /// Returns the output for `x`, shape `(n, hiddenSize)`: a new matrix of shape `(m, hiddenSize)`.
  ///
  /// - Parameter kept: Receives what a backward pass needs, if it is there; the output has the same
  ///   bits.
  package func forward(_ x: Matrix, keeping kept: LayerActivations? = nil) -> Matrix {
    let attended = attend(x, kept)
    let y = kept == nil ? attended : attended.copy()
    feedForward(feedForwardArgument(x, attended: attended), kept, addingTo: y)
    return y
  }

  /// Runs the layer on `x` only as far as a backward pass needs.
  ///
  /// - Parameter kept: Receives what ``forward(_:keeping:)`` leaves, to the bit.
  func fill(_ kept: LayerActivations, from x: Matrix) {
    let argument = feedForwardArgument(x, attended: attend(x, kept))
    let input = normalised(argument, parameters.feedForwardNorm, into: kept.feedForwardInput)
    if let gate = parameters.gate, let gated = kept.gate { weights.apply([(input, gate, gated)]) }
    weights.apply([(input, parameters.up, kept.up)])
    if let branch = kept.feedForwardBranch {
      weights.apply([(hidden(kept), parameters.down, branch)])
    }
  }

  /// Makes room for what a backward pass needs of this layer.
  package func makeActivations() -> LayerActivations {
    LayerActivations(
      rows: pass.batch.tokenCount, outputRows: outputRows.count, configuration)
  }

  /// What the feed-forward block is given, before its norm.
  func feedForwardArgument(_ x: Matrix, attended: Matrix) -> Matrix {
    configuration.isParallel ? outputRows.select(of: x) : attended
  }

  /// Returns `x + attention(norm(x))` for the output rows.
  private func attend(_ x: Matrix, _ kept: LayerActivations?) -> Matrix {
    let input = normalised(x, parameters.attentionNorm, into: kept?.attentionInput)
    let (queries, keys, values, room) = attentionArguments(input, kept)
    let context = kept?.context ?? room
    pass.attention(pass.segments(outputRows, queries, keys, values, into: context, layer: index))
    let y = kept?.attended ?? Matrix(rows: queries.rowCount, columns: x.columnCount)
    outputRows.copy(from: x, to: y)
    add(
      context, parameters.attentionOutput, parameters.attentionPostNorm,
      keeping: kept?.attentionBranch, to: y)
    return y
  }

  /// Returns queries of m rows, keys and values of n rows, and room for what attention makes of them.
  private func attentionArguments(
    _ input: Matrix, _ kept: LayerActivations?
  ) -> (queries: Matrix, keys: Matrix, values: Matrix, context: Matrix) {
    let asking = outputRows.select(of: input)
    let room = pass.scratch.attention(asking: asking.rowCount, rows: input.rowCount)
    let (queries, keys) = (kept?.queries ?? room.queries, kept?.keys ?? room.keys)
    let (rawQueries, rawKeys) = (kept?.rawQueries ?? queries, kept?.rawKeys ?? keys)
    let values = kept?.values ?? room.values
    weights.apply([
      (asking, parameters.query, rawQueries), (input, parameters.key, rawKeys),
      (input, parameters.value, values),
    ])
    if let norm = parameters.queryNorm { normaliseHeads(rawQueries, norm, into: queries) }
    if let norm = parameters.keyNorm { normaliseHeads(rawKeys, norm, into: keys) }
    pass.angles(ofLayer: index)?.rotate(queries, rows: outputRows.rows)
    pass.angles(ofLayer: index)?.rotate(keys, rows: pass.allRows.rows)
    return (queries, keys, values, room.context)
  }

  private func normaliseHeads(_ x: Matrix, _ norm: Norm, into y: Matrix) {
    normalise(configuration.heads(of: x), norm, into: configuration.heads(of: y))
  }

  /// Adds `feedForward(norm(x))` to `y`, which may be `x`.
  private func feedForward(_ x: Matrix, _ kept: LayerActivations?, addingTo y: Matrix) {
    let input = normalised(x, parameters.feedForwardNorm, into: kept?.feedForwardInput)
    let hidden = pass.scratch.hidden(rows: x.rowCount)
    weights.applyFeedForward(
      input, gate: parameters.gate, up: parameters.up, configuration.activation, into: hidden,
      keeping: kept.map { ($0.gate ?? $0.up, $0.up) })
    add(
      hidden, parameters.down, parameters.feedForwardPostNorm, keeping: kept?.feedForwardBranch,
      to: y)
  }

  /// Adds `x · Wᵀ + b`, normalised if there is a norm, to `y`.
  ///
  /// - Parameter kept: Receives what is normalised, if it is there.
  private func add(
    _ x: Matrix, _ layer: Linear, _ norm: Norm?, keeping kept: Matrix?, to y: Matrix
  ) {
    guard let norm else { return weights.apply([(x, layer, y)], adding: true) }
    let room = pass.scratch.normalised(rows: y.rowCount)
    let branch = kept ?? room
    weights.apply([(x, layer, branch)])
    normalise(branch, norm, into: room)
    y.add(room)
  }

  /// Returns the norm of `x`, or `x` itself where the family has none.
  private func normalised(_ x: Matrix, _ norm: Norm?, into kept: Matrix?) -> Matrix {
    guard let norm else { return x }
    let y = kept ?? pass.scratch.normalised(rows: x.rowCount)
    normalise(x, norm, into: y)
    return y
  }

  private func normalise(_ x: Matrix, _ norm: Norm, into y: Matrix) {
    weights.normalise(x, norm, configuration.norm, epsilon: configuration.normEpsilon, into: y)
  }
}

extension ModelConfiguration {
  /// Returns queries or keys as the rows that have a norm of their own: heads, or all of a row.
  func heads(of x: Matrix) -> Matrix {
    guard normalisesHeads else { return x }
    return x.reshaped(rows: x.rowCount * x.columnCount / headSize, columns: headSize)
  }
}
