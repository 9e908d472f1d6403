package import Tensors

/// A layer of a decoder: attention, then the feed-forward block, each added to what it was given.
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
    feedForward(attend(x, kept), kept)
  }

  /// Runs the layer on `x` only as far as a backward pass needs.
  ///
  /// - Parameter kept: Receives what ``forward(_:keeping:)`` leaves, to the bit.
  func fill(_ kept: LayerActivations, from x: Matrix) {
    let input = norm(attend(x, kept), parameters.feedForwardNorm, into: kept.feedForwardInput)
    weights.apply([(input, parameters.gate, kept.gate), (input, parameters.up, kept.up)])
  }

  /// Makes room for what a backward pass needs of this layer.
  package func makeActivations() -> LayerActivations {
    LayerActivations(
      rows: pass.batch.tokenCount, outputRows: outputRows.count, configuration)
  }

  /// Returns `x + attention(norm(x))` for the output rows.
  private func attend(_ x: Matrix, _ kept: LayerActivations?) -> Matrix {
    let normalised = norm(x, parameters.attentionNorm, into: kept?.attentionInput)
    let asking = outputRows.select(of: normalised)
    let room = pass.scratch.attention(asking: asking.rowCount, rows: x.rowCount)
    let (queries, keys) = (kept?.queries ?? room.queries, kept?.keys ?? room.keys)
    let values = kept?.values ?? room.values
    weights.apply([
      (asking, parameters.query, queries), (normalised, parameters.key, keys),
      (normalised, parameters.value, values),
    ])
    pass.angles.rotate(queries, rows: outputRows.rows)
    pass.angles.rotate(keys, rows: pass.allRows.rows)
    let context = kept?.context ?? room.context
    pass.attention(
      pass.segments(outputRows, queries, keys, values, into: context, layer: index))
    let y = kept?.attended ?? Matrix(rows: queries.rowCount, columns: x.columnCount)
    outputRows.copy(from: x, to: y)
    weights.apply([(context, parameters.attentionOutput, y)], adding: true)
    return y
  }

  /// Returns `x + feedForward(norm(x))`: `x` itself, whose elements are replaced unless they are kept.
  private func feedForward(_ x: Matrix, _ kept: LayerActivations?) -> Matrix {
    let normalised = norm(x, parameters.feedForwardNorm, into: kept?.feedForwardInput)
    let hidden = pass.scratch.hidden(rows: x.rowCount)
    weights.applyGated(
      normalised, gate: parameters.gate, up: parameters.up, into: hidden,
      keeping: kept.map { ($0.gate, $0.up) })
    let y = kept == nil ? x : x.copy()
    weights.apply([(hidden, parameters.down, y)], adding: true)
    return y
  }

  private func norm(_ x: Matrix, _ tensor: Int, into kept: Matrix?) -> Matrix {
    let y = kept ?? pass.scratch.normalised(rows: x.rowCount)
    weights.rmsNorm(x, tensor, epsilon: configuration.normEpsilon, into: y)
    return y
  }
}

/// What a backward pass needs of a layer, besides its input.
///
/// A layer that is run with it fills it; one serves all layers of the same output rows, one after the
/// other.
package struct LayerActivations: Sendable {
  /// The normalised input of the attention, shape `(n, hiddenSize)`.
  package let attentionInput: Matrix
  /// The queries after their rotation, shape `(m, querySize)`.
  package let queries: Matrix
  /// The keys after their rotation, shape `(n, keyValueSize)`.
  package let keys: Matrix
  /// The values, shape `(n, keyValueSize)`.
  package let values: Matrix
  /// The mean of the values, weighted by attention, shape `(m, querySize)`.
  package let context: Matrix
  /// The input plus the attention's output, shape `(m, hiddenSize)`.
  package let attended: Matrix
  /// The normalised input of the feed-forward block, shape `(m, hiddenSize)`.
  package let feedForwardInput: Matrix
  /// The products with the gate's weights, before the activation, shape `(m, feedForwardSize)`.
  package let gate: Matrix
  /// The products that the activated gate multiplies, shape `(m, feedForwardSize)`.
  package let up: Matrix

  /// Makes room for `rows` rows of the batch, of which `outputRows` are given out.
  init(rows: Int, outputRows: Int, _ c: ModelConfiguration) {
    attentionInput = Matrix(rows: rows, columns: c.hiddenSize)
    queries = Matrix(rows: outputRows, columns: c.querySize)
    keys = Matrix(rows: rows, columns: c.keyValueSize)
    values = Matrix(rows: rows, columns: c.keyValueSize)
    context = Matrix(rows: outputRows, columns: c.querySize)
    attended = Matrix(rows: outputRows, columns: c.hiddenSize)
    feedForwardInput = Matrix(rows: outputRows, columns: c.hiddenSize)
    gate = Matrix(rows: outputRows, columns: c.feedForwardSize)
    up = Matrix(rows: outputRows, columns: c.feedForwardSize)
  }
}
