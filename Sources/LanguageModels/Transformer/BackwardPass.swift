internal import Tensors

/// A pass of a batch through a decoder and back: the losses, and the gradient of all weights, of which
/// only a tile exists at a time.
///
/// On the way up it keeps the input of each layer. On the way down a layer is run again from its input,
/// unless everything was kept; then it turns the gradient of its output into that of its input.
public struct BackwardPass: Sendable {
  /// What is kept of each layer on the way up.
  public enum Keeping: String, Codable, CaseIterable, Sendable {
    /// Its input; it is run again: one forward pass more, in the memory of one layer.
    case inputs
    /// All that a backward pass needs.
    case everything
  }

  let forward: ForwardPass
  let parameters: DecoderParameters
  let weights: BackwardWeights
  let keeping: Keeping

  private var input: PassInput { forward.input }
  private var configuration: ModelConfiguration { input.configuration }

  /// Returns the negative log-likelihood of each target, in nats, and gives the gradient of their
  /// weighted sum to the sink.
  ///
  /// - Parameters:
  ///   - targets: The token to be predicted from each output row.
  ///   - weights: Returns the derivative of the objective with respect to each of these losses.
  func run(targets: [Int32], weights rowWeights: ([Double]) -> [Double]) -> [Double] {
    var (inputs, kept) = layerInputs()
    let output = inputs.removeLast()
    let hidden = forward.normalised(output)
    let head = CrossEntropy(
      input.weights, head: parameters.head, cap: configuration.logitCap)
    let scores = head.scores(hidden: hidden, targets: targets)
    let losses = scores.map(\.loss)
    let dHidden = head.gradient(
      hidden: hidden, targets: targets, scores, rowWeights: rowWeights(losses), by: weights)
    var dx = Matrix(rows: output.rowCount, columns: output.columnCount)
    addNormGradient(output, parameters.norm, dHidden, to: dx)
    for layer in forward.layers.reversed() {
      let x = inputs.removeLast()
      dx = layer.gradient(dx, of: x, activations(of: layer, x, &kept), by: weights)
    }
    embeddingGradient(dx)
    return losses
  }

  private func addNormGradient(_ x: Matrix, _ norm: Norm, _ dy: Matrix, to dx: Matrix) {
    weights.addNormGradient(
      x, norm, configuration.norm, epsilon: configuration.normEpsilon, dy: dy, to: dx)
  }

  /// Gives the gradients of the embeddings to the sink, given that of the first layer's input, whose place
  /// takes others.
  private func embeddingGradient(_ dy: Matrix) {
    var dx = dy
    if let norm = parameters.embeddingNorm {
      dx = Matrix(rows: dy.rowCount, columns: dy.columnCount)
      addNormGradient(forward.plainEmbedding(), norm, dy, to: dx)
    }
    if let tensor = parameters.positionEmbedding {
      weights.embeddingGradient(dx, of: input.positionRows, tensor)
    }
    if configuration.embeddingScale != 1 { dx.scale(by: configuration.embeddingScale) }
    weights.embeddingGradient(dx, of: input.batch.tokens, parameters.embedding)
  }

  /// Returns the input of each layer and the output of the last, and what layers left: all of them, or
  /// the last alone, with which the way back begins.
  private func layerInputs() -> (inputs: [Matrix], kept: [LayerActivations]) {
    var inputs = [forward.embedding()]
    var kept: [LayerActivations] = []
    for layer in forward.layers {
      let isKept = keeping == .everything || layer.index == forward.layers.count - 1
      if isKept { kept.append(layer.makeActivations()) }
      inputs.append(layer.forward(inputs[inputs.count - 1], keeping: isKept ? kept.last : nil))
    }
    return (inputs, kept)
  }

  /// Returns what `layer` left when it ran on `x`, or runs it again, in the place of what the layer above
  /// left.
  private func activations(
    of layer: TransformerLayer, _ x: Matrix, _ kept: inout [LayerActivations]
  ) -> LayerActivations {
    if keeping == .everything { return kept.removeLast() }
    guard layer.index < forward.layers.count - 1 else { return kept[0] }
    // The last layer may have fewer rows than the others.
    if kept[0].attended.rowCount < x.rowCount { kept = [layer.makeActivations()] }
    layer.fill(kept[0], from: x)
    return kept[0]
  }
}
