internal import Kernels
internal import Tensors

/// The backward pass of a layer, step by step the reverse of ``TransformerLayer/forward(_:keeping:)``.
extension TransformerLayer {
  /// Gives the gradients of the layer's weights to the sink, and returns that of its input.
  ///
  /// - Parameters:
  ///   - dy: The gradient of the output, shape `(m, hiddenSize)`; its place takes other gradients.
  ///   - x: The input, shape `(n, hiddenSize)`.
  ///   - kept: What the layer left when it was run on `x`; some of it is replaced by gradients.
  ///   - backward: The weights of the forward pass, and the sink.
  /// - Returns: Shape `(n, hiddenSize)`: in the place of `dy` if m is n.
  func gradient(
    _ dy: Matrix, of x: Matrix, _ kept: LayerActivations, by backward: BackwardWeights
  ) -> Matrix {
    addFeedForwardGradient(kept, to: dy, by: backward)
    return attentionGradient(dy, of: x, kept, by: backward)
  }

  /// Adds to `dy` what makes it the gradient of the sum of input and attention, shape
  /// `(m, hiddenSize)`.
  private func addFeedForwardGradient(
    _ kept: LayerActivations, to dy: Matrix, by backward: BackwardWeights
  ) {
    let (gate, up) = (kept.gate, kept.up)
    let dHidden = backward.linearGradient([.init(x: hidden(kept), layer: parameters.down, dy: dy)])
    pass.weights.context.forEachRange(of: gate.rowCount, by: 16) { rows in
      let (gate, up) = (gate.rows(rows), up.rows(rows))
      pass.weights.context.operations.swiGLUGradient(
        gate: gate, up: up, dy: dHidden.rows(rows), dGate: gate, dUp: up)
    }
    let dInput = backward.linearGradient([
      .init(x: kept.feedForwardInput, layer: parameters.gate, dy: gate),
      .init(x: kept.feedForwardInput, layer: parameters.up, dy: up),
    ])
    backward.addNormGradient(
      kept.attended, parameters.feedForwardNorm, epsilon: pass.configuration.normEpsilon,
      dy: dInput, to: dy)
  }

  /// Returns what the second half of the feed-forward block begins with, shape `(m, feedForwardSize)`.
  private func hidden(_ kept: LayerActivations) -> Matrix {
    let hidden = pass.scratch.hidden(rows: kept.gate.rowCount)
    pass.weights.context.forEachRange(of: hidden.rowCount, by: 16) { rows in
      pass.weights.context.operations.swiGLU(
        gate: kept.gate.rows(rows), up: kept.up.rows(rows), into: hidden.rows(rows))
    }
    return hidden
  }

  /// Returns the gradient of the layer's input, given that of the sum of input and attention.
  private func attentionGradient(
    _ dy: Matrix, of x: Matrix, _ kept: LayerActivations, by backward: BackwardWeights
  ) -> Matrix {
    let dContext = backward.linearGradient([
      .init(x: kept.context, layer: parameters.attentionOutput, dy: dy)
    ])
    let (dQueries, dKeys, dValues) = pass.attentionGradient(
      dContext, asking: outputRows, kept, layer: index)
    pass.angles.rotate(dQueries, rows: outputRows.rows, reversed: true)
    pass.angles.rotate(dKeys, rows: pass.allRows.rows, reversed: true)
    let input = kept.attentionInput
    let dInput = backward.linearGradient([
      .init(
        x: input, layer: parameters.query, dy: outputRows.spread(dQueries, over: x.rowCount)),
      .init(x: input, layer: parameters.key, dy: dKeys),
      .init(x: input, layer: parameters.value, dy: dValues),
    ])
    let dx = outputRows.spread(dy, over: x.rowCount)
    backward.addNormGradient(
      x, parameters.attentionNorm, epsilon: pass.configuration.normEpsilon, dy: dInput, to: dx)
    return dx
  }
}

extension QueryRows {
  /// Returns a matrix with a row for each of the batch, of which those of `y` take their places and the
  /// others are zero; `y` itself if they are all.
  func spread(_ y: Matrix, over rowCount: Int) -> Matrix {
    guard count < rowCount else { return y }
    let x = Matrix(rows: rowCount, columns: y.columnCount)
    for (index, row) in rows.enumerated() {
      x.rows(row..<row + 1).copyElements(from: y.rows(index..<index + 1))
    }
    return x
  }
}
