/// The key-value pairs of a GGUF file.
public struct GGUFMetadata: Sendable {
  private let values: [String: GGUFValue]

  /// The pairs as the file spells them, in its order, for a file that carries them on.
  public let fields: [(key: String, value: GGUFField)]

  init(_ values: [String: GGUFValue], fields: [(key: String, value: GGUFField)]) {
    self.values = values
    self.fields = fields
  }

  /// The keys, sorted.
  public var keys: [String] { values.keys.sorted() }

  /// The value of `key`, or `nil` if there is none.
  public subscript(key: String) -> GGUFValue? { values[key] }

  /// Returns the text of `key`, or `nil` if there is none or it has another type.
  public func string(_ key: String) -> String? {
    if case .string(let value) = values[key] { value } else { nil }
  }

  /// Returns the integer of `key`, or `nil` if there is none, it has another type or does not fit.
  public func integer(_ key: String) -> Int? { values[key]?.integer }

  /// Returns the floating-point number of `key`, or `nil` if there is none or it has another type.
  public func float(_ key: String) -> Double? {
    if case .float(let value) = values[key] { value } else { nil }
  }

  /// Returns the truth value of `key`, or `nil` if there is none or it has another type.
  public func bool(_ key: String) -> Bool? {
    if case .bool(let value) = values[key] { value } else { nil }
  }

  /// Returns the array of `key`, or `nil` if there is none or it has another type.
  public func array(_ key: String) -> GGUFArray? {
    if case .array(let value) = values[key] { value } else { nil }
  }
}
