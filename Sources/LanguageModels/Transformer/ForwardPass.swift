package import Tensors

/// One pass of a batch through a decoder, from tokens to normalised hidden states.
package struct ForwardPass: Sendable {
  let input: PassInput
  /// The layers, the first first.
  package let layers: [TransformerLayer]
  let parameters: DecoderParameters

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

  /// Returns the input of the first layer, shape `(n, hiddenSize)`.
  package func embedding() -> Matrix {
    let x = plainEmbedding()
    let c = input.configuration
    if let norm = parameters.embeddingNorm {
      input.weights.normalise(x, norm, c.norm, epsilon: c.normEpsilon, into: x)
    }
    return x
  }

  /// Returns the embedding of every token and, if the model has them, of its position, before any norm.
  func plainEmbedding() -> Matrix {
    let x = input.weights.embedding(of: input.batch.tokens, in: parameters.embedding)
    if input.configuration.embeddingScale != 1 { x.scale(by: input.configuration.embeddingScale) }
    if let tensor = parameters.positionEmbedding {
      x.add(input.weights.embedding(of: input.positionRows, in: tensor))
    }
    return x
  }

  /// Returns the normalised hidden states of the output rows, shape `(outputs, hiddenSize)`.
  package func hiddenStates() -> Matrix {
    var x = embedding()
    for layer in layers { x = layer.forward(x) }
    return normalised(x)
  }

  /// Returns the norm of the last layer's output: a new matrix of the same shape.
  func normalised(_ x: Matrix) -> Matrix {
    let y = Matrix(rows: x.rowCount, columns: x.columnCount)
    let c = input.configuration
    input.weights.normalise(x, parameters.norm, c.norm, epsilon: c.normEpsilon, into: y)
    return y
  }
}
