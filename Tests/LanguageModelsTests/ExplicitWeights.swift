import CounterRandom
import Kernels
import LanguageModels
import Tensors
import Weights

/// Weights that are matrices in memory, on one side or two.
struct ExplicitWeights: WeightSource {
  let parameters: ParameterMap
  /// For each side, the tensors in their order.
  var sides: [[Matrix]]

  var sideCount: Int { sides.count }

  func load(_ rows: Range<Int>, of tensor: Int, into tile: Tile) {
    for (side, target) in zip(sides, [tile.plus, tile.minus]) {
      target.copyElements(from: side[tensor].rows(rows))
    }
  }

  /// Copies all weights of `source`.
  init(_ source: some WeightSource) {
    parameters = source.parameters
    sides = [
      source.parameters.parameters.indices.map { tensor in
        let parameter = source.parameters[tensor]
        let matrix = Matrix(rows: parameter.rowCount, columns: parameter.columnCount)
        source.load(
          0..<parameter.rowCount, of: tensor, into: Tile(plus: matrix, minus: matrix))
        return matrix
      }
    ]
  }

  /// Draws the weights of a model: norms around 1, the others from ±`scale`.
  init(_ parameters: ParameterMap, scale: Double, seed: UInt64) {
    var random = RandomStream(seed: seed, tag: .decoding)
    self.parameters = parameters
    sides = [
      parameters.parameters.map { parameter in
        let center: Double = parameter.shape.count == 1 ? 1 : 0
        let row = (0..<parameter.elementCount).map { _ in
          Float(center + (2 * random.uniform() - 1) * scale)
        }
        return Matrix(row: row).reshaped(
          rows: parameter.rowCount, columns: parameter.columnCount)
      }
    ]
  }

  /// Returns the weights moved by `amount` times random numbers of ±1 that depend on `seed`.
  func moved(by amount: Float, seed: UInt64) -> ExplicitWeights {
    var random = RandomStream(seed: seed, tag: .decoding)
    var copy = ExplicitWeights(self)
    for matrix in copy.sides[0] {
      for row in 0..<matrix.rowCount {
        for column in 0..<matrix.columnCount {
          matrix[row, column] += amount * Float(2 * random.uniform() - 1)
        }
      }
    }
    copy.sides = [copy.sides[0]]
    return copy
  }
}

extension ParameterMap {
  /// The tensors of a Llama model, in Hugging Face's names and shapes.
  static func llama(_ c: ModelConfiguration) -> ParameterMap {
    let (queries, keys) = (c.headCount * c.headSize, c.keyValueHeadCount * c.headSize)
    let layer: [(String, [Int])] = [
      ("input_layernorm", [c.hiddenSize]), ("post_attention_layernorm", [c.hiddenSize]),
      ("self_attn.q_proj", [queries, c.hiddenSize]), ("self_attn.k_proj", [keys, c.hiddenSize]),
      ("self_attn.v_proj", [keys, c.hiddenSize]), ("self_attn.o_proj", [c.hiddenSize, queries]),
      ("mlp.gate_proj", [c.feedForwardSize, c.hiddenSize]),
      ("mlp.up_proj", [c.feedForwardSize, c.hiddenSize]),
      ("mlp.down_proj", [c.hiddenSize, c.feedForwardSize]),
    ]
    let layers = (0..<c.layerCount).flatMap { index in
      layer.map { Parameter(name: "model.layers.\(index).\($0).weight", shape: $1) }
    }
    let embedding = [c.vocabularySize, c.hiddenSize]
    let head = c.tiesEmbeddings ? [] : [Parameter(name: "lm_head.weight", shape: embedding)]
    return ParameterMap(
      layers + head + [
        Parameter(name: "model.embed_tokens.weight", shape: embedding),
        Parameter(name: "model.norm.weight", shape: [c.hiddenSize]),
      ])
  }
}

extension ModelConfiguration {
  /// A configuration in which nothing is a multiple of a tile or a vector.
  static func odd(tied: Bool = false) throws -> ModelConfiguration {
    try ModelConfiguration(
      vocabularySize: 211, hiddenSize: 37, feedForwardSize: 101, layerCount: 3, headCount: 6,
      keyValueHeadCount: 2, headSize: 10, contextLength: 300, normEpsilon: 1e-5, ropeBase: 500,
      tiesEmbeddings: tied)
  }
}

extension Runtime {
  /// A runtime for tests: the best kernels.
  static func test(threads: Int = 2) -> Runtime {
    Runtime(instructionSet: .best, threads: Threads(threads))
  }
}

/// Returns `count` tokens below `vocabularySize` that depend on `seed`.
func randomTokens(_ count: Int, below vocabularySize: Int, seed: UInt64 = 1) -> [Int32] {
  var random = RandomStream(seed: seed, tag: .decoding)
  return (0..<count).map { _ in Int32(random.next(below: vocabularySize)) }
}
