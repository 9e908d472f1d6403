internal import CounterRandom
internal import Foundation
internal import Tensors

/// How the next token is chosen from logits.
public enum Sampler: Sendable, Equatable {
  /// The most likely token; of equals the first.
  case greedy

  /// A random token, by softmax of `logits / temperature` among the most likely tokens whose
  /// probabilities add up to `topP` (nucleus sampling, Holtzman et al. 2019, arXiv:1904.09751).
  /// The temperature is positive and `topP` in `(0, 1]`.
  case nucleus(temperature: Double, topP: Double, seed: UInt64)

  /// Creates the source of random numbers of one sequence.
  func randomStream(sequence: Int) -> RandomStream {
    let seed = if case .nucleus(_, _, let seed) = self { seed } else { UInt64(0) }
    return RandomStream(seed: seed, tag: .decoding, a: UInt32(truncatingIfNeeded: sequence))
  }

  /// Returns a token, given its logits, shape `(1, vocabularySize)`.
  func token(from logits: Matrix, using random: inout RandomStream) -> Int32 {
    switch self {
    case .greedy: return argmax(logits)
    case .nucleus(let temperature, let topP, _):
      let ranked = probabilities(logits, temperature).sorted { ($1.p, $0.token) < ($0.p, $1.token) }
      return draw(from: ranked, topP, random.uniform())
    }
  }

  private func argmax(_ logits: Matrix) -> Int32 {
    let values = logits.elements
    return Int32(values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 })
  }

  private func probabilities(_ logits: Matrix, _ temperature: Double) -> [(token: Int, p: Double)] {
    let values = logits.elements.map(Double.init)
    let maximum = values.max() ?? 0
    let weights = values.map { exp(($0 - maximum) / temperature) }
    let sum = weights.reduce(0, +)
    return weights.enumerated().map { ($0, $1 / sum) }
  }

  private func draw(
    from ranked: [(token: Int, p: Double)], _ topP: Double, _ uniform: Double
  ) -> Int32 {
    var nucleus = 0, mass = 0.0
    while nucleus < ranked.count, nucleus == 0 || mass < topP {
      mass += ranked[nucleus].p
      nucleus += 1
    }
    var left = uniform * mass
    for (token, p) in ranked[..<nucleus] {
      left -= p
      if left < 0 { return Int32(token) }
    }
    return Int32(ranked[nucleus - 1].token)
  }
}
