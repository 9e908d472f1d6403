/// What the examples of a data set were read from, for the line that says it.
public struct DataFormat: Equatable, Sendable {
  /// What such records are called, such as `Alpaca`.
  public let name: String

  /// The keys that were read.
  public private(set) var keys: [String]

  /// The keys that have a value somewhere and were not read.
  public private(set) var unreadKeys: [String]

  /// What the files of a folder must have alike: the form and the keys that every record needs.
  let identity: String

  init(
    name: String, identity: String? = nil, keys: [String] = [], unreadKeys: [String] = []
  ) {
    self.name = name
    self.identity = identity ?? name
    self.keys = keys
    self.unreadKeys = unreadKeys
  }

  /// Adds the keys of another file of the same identity.
  mutating func merge(_ other: DataFormat) {
    keys += other.keys.filter { !keys.contains($0) }
    unreadKeys = Set(unreadKeys + other.unreadKeys).subtracting(keys).sorted()
  }

  /// The name and the keys.
  package var text: String {
    keys.isEmpty ? name : "\(name) (\(keys.map { clipped($0) }.joined(separator: ", ")))"
  }
}
