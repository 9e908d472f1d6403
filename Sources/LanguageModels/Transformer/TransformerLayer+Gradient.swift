internal import Kernels
internal import Tensors

/// The backward pass of a layer, step by step the reverse of ``TransformerLayer/forward(_:keeping:)``.
extension TransformerLayer {
  /// Gives the gradients of the layer's weights to the sink, and returns that of its input.
  ///
  /// - Parameters:
  ///   - dy: The gradient of the output, shape `(m, hiddenSize)`.
  ///   - x: The input, shape `(n, hiddenSize)`.
  ///   - kept: What the layer left when it was run on `x`; some of it is replaced by gradients.
  ///   - backward: The weights of the forward pass, and the sink.
  /// - Returns: Shape `(n, hiddenSize)`.
  func gradient(
    _ dy: Matrix, of x: Matrix, _ kept: LayerActivations, by backward: BackwardWeights
  ) -> Matrix {
    attentionGradient(feedForwardGradient(dy, kept, by: backward), of: x, kept, by: backward)
  }

  /// Returns the gradient of the sum of input and attention, shape `(m, hiddenSize)`.
  private func feedForwardGradient(
    _ dy: Matrix, _ kept: LayerActivations, by backward: BackwardWeights
  ) -> Matrix {
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
    let dx = dy.copy()
    backward.addNormGradient(
      kept.attended, parameters.feedForwardNorm, epsilon: pass.configuration.normEpsilon,
      dy: dInput, to: dx)
    return dx
  }

  /// Returns what the second half of the feed-forward block begins with, shape `(m, feedForwardSize)`.
  private func hidden(_ kept: LayerActivations) -> Matrix {
    let hidden = Matrix(rows: kept.gate.rowCount, columns: kept.gate.columnCount)
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
    let dInput = backward.linearGradient([
      .init(x: kept.attentionInput, layer: parameters.key, dy: dKeys),
      .init(x: kept.attentionInput, layer: parameters.value, dy: dValues),
    ])
    let asking = outputRows.select(of: kept.attentionInput)
    let dAsking = backward.linearGradient([.init(x: asking, layer: parameters.query, dy: dQueries)])
    outputRows.add(dAsking, to: dInput)
    let dx = Matrix(rows: x.rowCount, columns: x.columnCount)
    outputRows.add(dy, to: dx)
    backward.addNormGradient(
      x, parameters.attentionNorm, epsilon: pass.configuration.normEpsilon, dy: dInput, to: dx)
    return dx
  }
}

extension QueryRows {
  /// Adds each row of `y`, which has these rows, to its place in `x`, which has all rows of the batch.
  func add(_ y: Matrix, to x: Matrix) {
    for (index, row) in rows.enumerated() {
      x.rows(row..<row + 1).add(y.rows(index..<index + 1))
    }
  }
}
