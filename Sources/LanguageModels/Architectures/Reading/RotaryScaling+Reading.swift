internal import Bytes
internal import Foundation

extension Rotary {
  /// Reads the rotary embedding of a `config.json`.
  ///
  /// Newer files keep all of it in `rope_parameters`, older ones the base beside an object
  /// `rope_scaling`. Source: `modeling_rope_utils.py` of transformers 5.
  init(
    _ fields: inout ModelFields, _ c: inout ModelConfiguration, share: Float = 1,
    base: Float = 10000
  ) throws(ModelError) {
    let share = try fields.float("partial_rotary_factor", default: share)
    let oldBase = try fields.float("rope_theta", default: base)
    if var parameters = try fields.object("rope_parameters") {
      fields.ignore("rope_scaling")
      try self.init(of: &parameters, &c, share: share, base: oldBase)
    } else if var scaling = try fields.object("rope_scaling") {
      try self.init(of: &scaling, &c, share: share, base: oldBase)
    } else {
      self.init(base: oldBase, size: Self.rotated(share, of: c.headSize))
    }
  }

  /// Reads one object of parameters.
  init(
    of fields: inout ModelFields, _ c: inout ModelConfiguration, share: Float, base: Float
  ) throws(ModelError) {
    let share = try fields.float("partial_rotary_factor", default: share)
    self.init(
      base: try fields.float("rope_theta", default: base),
      size: Self.rotated(share, of: c.headSize))
    scaling = try RotaryScaling(&fields, &c)
    try fields.finish()
  }

  /// The number of rotated elements of a head, rounded down.
  private static func rotated(_ share: Float, of headSize: Int) -> Int {
    let size = Float(headSize) * share
    return size.isFinite && size >= 0 && size <= Float(headSize) ? Int(size) : -1
  }
}

extension RotaryScaling {
  fileprivate init(
    _ fields: inout ModelFields, _ c: inout ModelConfiguration
  ) throws(ModelError) {
    let old = try fields.text("type")
    let kind = try fields.text("rope_type") ?? old ?? "default"
    switch kind {
    case "default": self = .none
    case "linear": self = .linear(factor: try fields.float("factor"))
    case "dynamic":
      // It changes nothing within the context that the file states, which is where texts end.
      fields.ignore("factor", "original_max_position_embeddings")
      self = .none
    case "llama3": self = try Self.llama3(&fields)
    case "yarn": self = .yarn(try Yarn(&fields, context: c.contextLength))
    case "longrope", "su": self = try Self.long(&fields, &c)
    default:
      throw .unsupported(
        "RoPE scaling", found: kind,
        supported: "default, linear, dynamic, llama3, yarn, longrope")
    }
  }

  private static func llama3(_ fields: inout ModelFields) throws(ModelError) -> RotaryScaling {
    .llama3(
      factor: try fields.float("factor"), low: try fields.float("low_freq_factor"),
      high: try fields.float("high_freq_factor"),
      original: try fields.integer("original_max_position_embeddings"))
  }

  /// Phi-3's scaling has other factors for longer texts, so that no text has both: the context ends
  /// where they begin.
  private static func long(
    _ fields: inout ModelFields, _ c: inout ModelConfiguration
  ) throws(ModelError) -> RotaryScaling {
    fields.ignore("long_factor", "factor")
    let original = try fields.integer(
      "original_max_position_embeddings", default: c.originalContextLength ?? c.contextLength)
    let factors = try fields.numbers("short_factor")
    let ratio = Float(c.contextLength) / Float(max(original, 1))
    let natural = ratio <= 1 ? 1 : (1 + log(ratio) / log(Float(original))).squareRoot()
    let magnitude = try fields.float("attention_factor", default: natural)
    c.contextLength = min(c.contextLength, original)
    return .factors(factors, magnitude: magnitude)
  }
}

extension RotaryScaling.Yarn {
  fileprivate init(_ fields: inout ModelFields, context: Int) throws(ModelError) {
    let original = try fields.integer("original_max_position_embeddings", default: context)
    let ratio = Float(context) / Float(max(original, 1))
    let factor = try fields.float("factor", default: fields.has("factor") ? ratio : nil)
    self.init(factor: factor, original: original)
    fast = try fields.float("beta_fast", default: 32)
    slow = try fields.float("beta_slow", default: 1)
    truncates = try fields.flag("truncate", default: true)
    let (upper, lower) = (
      try fields.float("mscale", default: 0), try fields.float("mscale_all_dim", default: 0)
    )
    if upper != 0, lower != 0 {
      magnitude = Self.magnitude(factor, by: upper) / Self.magnitude(factor, by: lower)
    }
    magnitude = try fields.float("attention_factor", default: magnitude)
  }
}

extension ModelFields {
  /// Returns an array of numbers.
  mutating func numbers(_ key: String) throws(ModelError) -> [Float] {
    let numbers = try array(key)?.map(\.double)
    guard let numbers, numbers.allSatisfy({ $0 != nil }) else { throw wrong(key, "numbers") }
    return numbers.map { Float($0 ?? 0) }
  }
}
