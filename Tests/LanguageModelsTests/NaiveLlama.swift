import Foundation
import LanguageModels
import Tensors
import Weights

/// Llama, and Qwen2 with its biases, written down as in the papers, slow and obvious, in binary64: the oracle.
///
/// Sources: arXiv:2302.13971 (Llama), arXiv:1910.07467 (RMSNorm), arXiv:2104.09864 (RoPE, in the
/// half-split layout of `transformers`), arXiv:2305.13245 (grouped queries), arXiv:2002.05202 (SwiGLU).
struct NaiveLlama {
  typealias Vector = [Double]

  let configuration: ModelConfiguration
  /// Whether each product is rounded to binary32, once and at its end: see ``CheckedModel/tolerance(_:_:)``.
  var roundsProducts = false
  private let weights: [String: [Vector]]

  init(_ configuration: ModelConfiguration, _ source: ExplicitWeights) {
    self.configuration = configuration
    let pairs = zip(source.parameters.parameters, source.tensors).map { parameter, matrix in
      let rows = (0..<matrix.rowCount).map { row in
        matrix.rows(row..<row + 1).elements.map(Double.init)
      }
      return (parameter.name, rows)
    }
    weights = Dictionary(uniqueKeysWithValues: pairs)
  }

  /// Returns the logits after every token.
  func logits(_ tokens: [Int32]) -> [Vector] {
    var x = tokens.map { weight("model.embed_tokens")[Int($0)] }
    for index in 0..<configuration.layerCount {
      let layer = "model.layers.\(index)."
      let attended = attention(x.map { norm($0, layer + "input_layernorm") }, layer + "self_attn.")
      x = zip(x, attended).map(add)
      x = x.map { x in
        add(x, feedForward(norm(x, layer + "post_attention_layernorm"), layer + "mlp."))
      }
    }
    let head = configuration.tiesEmbeddings ? "model.embed_tokens" : "lm_head"
    return x.map { product(head, norm($0, "model.norm")) }
  }

  private func weight(_ name: String) -> [Vector] { weights[name + ".weight"] ?? [] }

  private func product(_ name: String, _ x: Vector) -> Vector {
    let product = rounded(weight(name).map { dot($0, x) })
    return weights[name + ".bias"].map { add(product, $0[0]) } ?? product
  }

  private func rounded(_ x: Vector) -> Vector {
    roundsProducts ? x.map { Double(Float($0)) } : x
  }

  private func norm(_ x: Vector, _ name: String) -> Vector {
    let scale = 1 / (dot(x, x) / Double(x.count) + Double(configuration.normEpsilon)).squareRoot()
    return zip(x, weight(name)[0]).map { $0 * scale * $1 }
  }

  private func feedForward(_ x: Vector, _ mlp: String) -> Vector {
    let gate = product(mlp + "gate_proj", x).map { $0 / (1 + exp(-$0)) }
    return product(mlp + "down_proj", zip(gate, product(mlp + "up_proj", x)).map { $0 * $1 })
  }

  private func attention(_ x: [Vector], _ layer: String) -> [Vector] {
    let keys = x.indices.map { heads(product(layer + "k_proj", x[$0])).map(rotation($0)) }
    let values = x.map { heads(product(layer + "v_proj", $0)) }
    let group = configuration.headCount / configuration.keyValueHeadCount
    return x.indices.map { position in
      let queries = heads(product(layer + "q_proj", x[position])).map(rotation(position))
      let outputs = queries.enumerated().map { head, query in
        let scores = rounded((0...position).map { dot(query, keys[$0][head / group]) })
        let shares = softmax(scores.map { $0 / Double(configuration.headSize).squareRoot() })
        return (0...position).reduce(Vector(repeating: 0, count: configuration.headSize)) {
          sum, at in
          zip(sum, values[at][head / group]).map { $0 + shares[at] * $1 }
        }
      }
      return product(layer + "o_proj", rounded(Array(outputs.joined())))
    }
  }

  private func heads(_ x: Vector) -> [Vector] {
    stride(from: 0, to: x.count, by: configuration.headSize).map {
      Array(x[$0..<$0 + configuration.headSize])
    }
  }

  /// Returns the rotation of a head at `position`: element i turns with element i + size/2.
  private func rotation(_ position: Int) -> (Vector) -> Vector {
    let half = configuration.headSize / 2
    let angles = (0..<half).map { pair in
      Double(position) / pow(Double(configuration.ropeBase), Double(pair) / Double(half))
    }
    return { head in
      let first = (0..<half).map { head[$0] * cos(angles[$0]) - head[$0 + half] * sin(angles[$0]) }
      let second = (0..<half).map { head[$0 + half] * cos(angles[$0]) + head[$0] * sin(angles[$0]) }
      return first + second
    }
  }
}

func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

private func add(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0 + $1 } }

/// Returns `exp(x_i) / Σ exp(x_j)`.
func softmax(_ x: [Double]) -> [Double] {
  let maximum = x.max() ?? 0
  let weights = x.map { exp($0 - maximum) }
  let sum = weights.reduce(0, +)
  return weights.map { $0 / sum }
}

/// Returns `−ln softmax(logits)[target]`, in nats.
func crossEntropy(_ logits: [Double], _ target: Int32) -> Double {
  let maximum = logits.max() ?? 0
  return maximum + log(logits.reduce(0) { $0 + exp($1 - maximum) }) - logits[Int(target)]
}
