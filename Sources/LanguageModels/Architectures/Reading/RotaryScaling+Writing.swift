internal import Bytes
internal import Kernels
internal import Weights

extension RotaryScaling {
  /// The keys of a GGUF file that say how frequencies are scaled.
  var ggufFields: [(key: String, value: GGUFField)] {
    switch self {
    case .none, .llama3, .factors: return []
    case .linear(let factor):
      return [("rope.scaling.type", .text("linear")), ("rope.scaling.factor", .float(factor))]
    case .yarn(let yarn):
      let natural = Yarn.magnitude(yarn.factor, by: 1)
      return [
        ("rope.scaling.type", .text("yarn")), ("rope.scaling.factor", .float(yarn.factor)),
        ("rope.scaling.original_context_length", .unsigned(UInt32(yarn.original))),
        ("rope.scaling.yarn_beta_fast", .float(yarn.fast)),
        ("rope.scaling.yarn_beta_slow", .float(yarn.slow)),
        ("rope.scaling.attn_factor", .float(yarn.magnitude / natural)),
      ]
    }
  }
}

extension Rotary {
  /// Returns the `rope_scaling` of a `config.json`, or `nil` if nothing is scaled.
  ///
  /// - Throws: ``ModelError`` if the divisors of a GGUF file are of no known kind.
  func jsonScaling(context: Int) throws(ModelError) -> JSON? {
    switch scaling {
    case .none: return nil
    case .linear(let factor):
      return object("linear", ["factor": .number(shortest(factor))])
    case .llama3: return llama3
    case .factors(let factors, _):
      guard let known = Self.published(base: base, size: size, factors) else {
        throw .unsupported(
          "RoPE scaling", found: "\(factors.count) divisors", supported: "in config.json Llama 3's")
      }
      return known.llama3
    case .yarn(let yarn):
      return object(
        "yarn",
        [
          "factor": .number(shortest(yarn.factor)), "beta_fast": .number(shortest(yarn.fast)),
          "beta_slow": .number(shortest(yarn.slow)), "truncate": .bool(yarn.truncates),
          "original_max_position_embeddings": .integer(yarn.original),
          "attention_factor": .number(shortest(yarn.magnitude)),
        ])
    }
  }

  private var llama3: JSON? {
    guard case .llama3(let factor, let low, let high, let original) = scaling else { return nil }
    return object(
      "llama3",
      [
        "factor": .number(shortest(factor)), "low_freq_factor": .number(shortest(low)),
        "high_freq_factor": .number(shortest(high)),
        "original_max_position_embeddings": .integer(original),
      ])
  }

  private func object(_ type: String, _ fields: [String: JSON]) -> JSON {
    JSON(members: fields.merging(["rope_type": .string(type)]) { $1 })
  }

  /// Returns the published scaling that has these divisors: that of Llama 3.1 or of 3.2.
  private static func published(base: Float, size: Int, _ factors: [Float]) -> Rotary? {
    [Float(8), 32].lazy.map { factor in
      var rotary = Rotary(base: base, size: size)
      rotary.scaling = .llama3(factor: factor, low: 1, high: 4, original: 8192)
      return rotary
    }.first { (rotary: Rotary) in
      let plain = Rotary(base: base, size: size).frequencies
      return zip(plain, zip(rotary.frequencies, factors)).allSatisfy {
        abs($0 / $1.0 - $1.1) <= 1e-5 * $1.1
      }
    }
  }
}

extension Activation {
  /// The name in `config.json`.
  var jsonName: String {
    switch self {
    case .silu: "silu"
    case .gelu: "gelu"
    case .geluTanh: "gelu_pytorch_tanh"
    case .relu: "relu"
    }
  }
}
