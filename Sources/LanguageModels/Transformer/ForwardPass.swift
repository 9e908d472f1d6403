package import Tensors

/// One pass of a batch through a decoder, from tokens to normalised hidden states.
package struct ForwardPass: Sendable {
  let input: PassInput
  /// The layers, the first first.
  package let layers: [TransformerLayer]
  private let parameters: DecoderParameters

  /// Creates a pass that ends in the hidden states of `outputRows`, which are ascending.
  init(_ input: PassInput, _ parameters: DecoderParameters, outputRows: [Int]) {
    self.input = input
    self.parameters = parameters
    // The last layer needs keys and values of every row, but all else of the output rows only.
    let last = QueryRows(outputRows, of: input.batch)
    layers = parameters.layers.enumerated().map { index, layer in
      let isLast = index == parameters.layers.count - 1
      return TransformerLayer(
        index: index, parameters: layer, outputRows: isLast ? last : input.allRows, pass: input)
    }
  }

  /// Returns the embedding of every token, shape `(n, hiddenSize)`: the input of the first layer.
  package func embedding() -> Matrix {
    input.weights.embedding(of: input.batch.tokens, in: parameters.embedding)
  }

  /// Returns the normalised hidden states of the output rows, shape `(outputs, hiddenSize)`.
  package func hiddenStates() -> Matrix {
    var x = embedding()
    for layer in layers { x = layer.forward(x) }
    return input.weights.rmsNorm(
      x, parameters.norm, epsilon: input.configuration.normEpsilon)
  }
}
