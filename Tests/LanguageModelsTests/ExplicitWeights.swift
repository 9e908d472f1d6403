import CounterRandom
import Kernels
import LanguageModels
import Tensors
import Weights

/// Weights that are matrices in memory.
struct ExplicitWeights: WeightSource {
  let parameters: ParameterMap
  /// The tensors in their order.
  let tensors: [Matrix]

  func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    tile.copyElements(from: tensors[tensor].rows(rows))
  }

  /// Copies all weights of `source`.
  init(_ source: some WeightSource) {
    parameters = source.parameters
    tensors = source.parameters.parameters.enumerated().map { tensor, parameter in
      let matrix = Matrix(rows: parameter.rowCount, columns: parameter.columnCount)
      source.load(0..<parameter.rowCount, of: tensor, into: matrix)
      return matrix
    }
  }

  /// Draws the weights of a model: norms around 1, the others from ±`scale`.
  init(_ parameters: ParameterMap, scale: Double, seed: UInt64) {
    var random = RandomStream(seed: seed, tag: .decoding)
    self.parameters = parameters
    tensors = parameters.parameters.map { parameter in
      let center: Double = parameter.shape.count == 1 ? 1 : 0
      let row = (0..<parameter.elementCount).map { _ in
        Float(center + (2 * random.uniform() - 1) * scale)
      }
      return Matrix(row: row).reshaped(
        rows: parameter.rowCount, columns: parameter.columnCount)
    }
  }

  /// Returns the weights moved by `amount` times random numbers of ±1 that depend on `seed`.
  func moved(by amount: Float, seed: UInt64) -> ExplicitWeights {
    var random = RandomStream(seed: seed, tag: .decoding)
    let copy = ExplicitWeights(self)
    for matrix in copy.tensors {
      for row in 0..<matrix.rowCount {
        for column in 0..<matrix.columnCount {
          matrix[row, column] += amount * Float(2 * random.uniform() - 1)
        }
      }
    }
    return copy
  }
}

/// Two variants of weights in memory.
struct ExplicitSides: TwoSidedWeightSource {
  let sides: Sides<ExplicitWeights>

  var parameters: ParameterMap { sides.plus.parameters }

  func load(_ rows: Range<Int>, of tensor: Int, into tile: Sides<Matrix>) {
    sides.plus.load(rows, of: tensor, into: tile.plus)
    sides.minus.load(rows, of: tensor, into: tile.minus)
  }
}

extension ParameterMap {
  /// The tensors of a Llama or Qwen2 model, in Hugging Face's names and shapes.
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
    let biased = ["q", "k", "v"].filter { _ in !c.biases.isEmpty }
    let layers = (0..<c.layerCount).flatMap { index in
      layer.map { Parameter(name: "model.layers.\(index).\($0).weight", shape: $1) }
        + biased.map {
          Parameter(
            name: "model.layers.\(index).self_attn.\($0)_proj.bias",
            shape: [$0 == "q" ? queries : keys])
        }
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
  static func odd(
    tied: Bool = false, _ architecture: Architecture = .llama
  ) throws -> ModelConfiguration {
    try ModelConfiguration(
      vocabularySize: 211, hiddenSize: 37, feedForwardSize: 101, layerCount: 3, headCount: 6,
      keyValueHeadCount: 2, headSize: 10, contextLength: 300, normEpsilon: 1e-5, ropeBase: 500,
      tiesEmbeddings: tied, architecture: architecture)
  }
}

extension ComputeContext {
  /// A context for tests: the best kernels.
  static func test(threads: Int = 2) -> ComputeContext { ComputeContext(threads: Threads(threads)) }
}

/// Returns `count` tokens below `vocabularySize` that depend on `seed`.
func randomTokens(_ count: Int, below vocabularySize: Int, seed: UInt64 = 1) -> [Int32] {
  var random = RandomStream(seed: seed, tag: .decoding)
  return (0..<count).map { _ in Int32(random.next(below: vocabularySize)) }
}
