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
    guard pass.configuration.isParallel else {
      addFeedForwardGradient(kept, of: kept.attended, dy, to: dy, by: backward)
      return attentionGradient(dy, of: x, kept, by: backward)
    }
    let other = Matrix(rows: dy.rowCount, columns: dy.columnCount)
    addFeedForwardGradient(kept, of: outputRows.select(of: x), dy, to: other, by: backward)
    let dx = attentionGradient(dy, of: x, kept, by: backward)
    dx.add(outputRows.spread(other, over: x.rowCount))
    return dx
  }

  /// Adds the gradient of the feed-forward block's argument to `dx`.
  ///
  /// - Parameters:
  ///   - argument: What the block was given, before its norm, shape `(m, hiddenSize)`.
  ///   - dy: The gradient of what it gave, shape `(m, hiddenSize)`.
  ///   - dx: Shape `(m, hiddenSize)`; may be `dy`.
  private func addFeedForwardGradient(
    _ kept: LayerActivations, of argument: Matrix, _ dy: Matrix, to dx: Matrix,
    by backward: BackwardWeights
  ) {
    let dBranch = branchGradient(
      dy, kept.feedForwardBranch, parameters.feedForwardPostNorm, by: backward)
    let dHidden = backward.linearGradient([
      .init(x: hidden(kept), layer: parameters.down, dy: dBranch)
    ])
    replaceByGradients(kept, dHidden)
    let input = parameters.feedForwardNorm == nil ? argument : kept.feedForwardInput
    let gates = [(parameters.gate, kept.gate), (parameters.up, kept.up)].compactMap { layer, dy in
      layer.flatMap { layer in
        dy.map { BackwardWeights.Applied(x: input, layer: layer, dy: $0) }
      }
    }
    let dInput = backward.linearGradient(gates)
    addNormGradient(argument, parameters.feedForwardNorm, dInput, to: dx, by: backward)
  }

  /// Replaces what the first half of the feed-forward block left by its gradients.
  private func replaceByGradients(_ kept: LayerActivations, _ dHidden: Matrix) {
    let (operations, activation) = (pass.weights.context.operations, pass.configuration.activation)
    pass.weights.context.forEachRange(of: kept.up.rowCount, by: 16) { rows in
      let (up, dy) = (kept.up.rows(rows), dHidden.rows(rows))
      guard let gate = kept.gate?.rows(rows) else {
        return operations.activateGradient(activation, up, dy: dy, dx: up)
      }
      operations.gateGradient(activation, gate: gate, up: up, dy: dy, dGate: gate, dUp: up)
    }
  }

  /// Returns what the second half of the feed-forward block begins with, shape `(m, feedForwardSize)`.
  func hidden(_ kept: LayerActivations) -> Matrix {
    let hidden = pass.scratch.hidden(rows: kept.up.rowCount)
    let (operations, activation) = (pass.weights.context.operations, pass.configuration.activation)
    pass.weights.context.forEachRange(of: hidden.rowCount, by: 16) { rows in
      let (up, y) = (kept.up.rows(rows), hidden.rows(rows))
      guard let gate = kept.gate?.rows(rows) else {
        return operations.activate(activation, up, into: y)
      }
      operations.gate(activation, gate: gate, up: up, into: y)
    }
    return hidden
  }

  /// Returns the gradient of a block's output, given that of what was added: `dy` itself, if the output
  /// has no norm.
  private func branchGradient(
    _ dy: Matrix, _ branch: Matrix?, _ norm: Norm?, by backward: BackwardWeights
  ) -> Matrix {
    guard let branch, let norm else { return dy }
    let dBranch = Matrix(rows: dy.rowCount, columns: dy.columnCount)
    addNormGradient(branch, norm, dy, to: dBranch, by: backward)
    return dBranch
  }

  /// Adds to `dx` the gradient of what was normalised to give a gradient of `dy`; without a norm, `dy`.
  private func addNormGradient(
    _ x: Matrix, _ norm: Norm?, _ dy: Matrix, to dx: Matrix, by backward: BackwardWeights
  ) {
    guard let norm else { return dx.add(dy) }
    let c = pass.configuration
    backward.addNormGradient(x, norm, c.norm, epsilon: c.normEpsilon, dy: dy, to: dx)
  }

  /// Returns the gradient of the layer's input by way of the attention and past it, given that of their
  /// sum.
  private func attentionGradient(
    _ dy: Matrix, of x: Matrix, _ kept: LayerActivations, by backward: BackwardWeights
  ) -> Matrix {
    let dBranch = branchGradient(
      dy, kept.attentionBranch, parameters.attentionPostNorm, by: backward)
    let dContext = backward.linearGradient([
      .init(x: kept.context, layer: parameters.attentionOutput, dy: dBranch)
    ])
    var (dQueries, dKeys, dValues) = pass.attentionGradient(
      dContext, asking: outputRows, kept, layer: index)
    pass.angles(ofLayer: index)?.rotate(dQueries, rows: outputRows.rows, reversed: true)
    pass.angles(ofLayer: index)?.rotate(dKeys, rows: pass.allRows.rows, reversed: true)
    dQueries = headsGradient(dQueries, kept.rawQueries, parameters.queryNorm, by: backward)
    dKeys = headsGradient(dKeys, kept.rawKeys, parameters.keyNorm, by: backward)
    let input = parameters.attentionNorm == nil ? x : kept.attentionInput
    let dInput = backward.linearGradient([
      .init(
        x: input, layer: parameters.query, dy: outputRows.spread(dQueries, over: x.rowCount)),
      .init(x: input, layer: parameters.key, dy: dKeys),
      .init(x: input, layer: parameters.value, dy: dValues),
    ])
    let dx = outputRows.spread(dy, over: x.rowCount)
    addNormGradient(x, parameters.attentionNorm, dInput, to: dx, by: backward)
    return dx
  }

  /// Returns the gradient of queries or keys before their norm; `dy` itself, if they have none.
  private func headsGradient(
    _ dy: Matrix, _ x: Matrix?, _ norm: Norm?, by backward: BackwardWeights
  ) -> Matrix {
    guard let x, let norm else { return dy }
    let c = pass.configuration
    let dx = Matrix(rows: dy.rowCount, columns: dy.columnCount)
    addNormGradient(c.heads(of: x), norm, c.heads(of: dy), to: c.heads(of: dx), by: backward)
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
