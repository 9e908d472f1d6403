// A tree of byte strings: shared beginnings once, the children of all nodes in one hash table.

/// A map from byte strings to numbers that finds all keys a text begins with.
struct PrefixTree: Sendable {
  private static let free = UInt64.max
  // Open addressing; keys are a node and a byte, at most half of the slots are taken.
  private var keys = [UInt64](repeating: free, count: 64)
  private var children = [Int32](repeating: 0, count: 64)
  // By node; -1 where no key ends.
  private var values: [Int32] = [-1]
  private var parents: [(node: Int32, byte: UInt8)] = [(0, 0)]
  private let factor = UInt64.random(in: .min ... .max) | 1

  /// The number of nodes; 0 is the root.
  var count: Int { values.count }

  /// Gives a key a value, in place of any it had.
  mutating func insert(_ key: some Sequence<UInt8>, _ value: Int32) {
    var node: Int32 = 0
    for byte in key { node = child(of: node, byte) ?? addChild(of: node, byte) }
    values[Int(node)] = value
  }

  /// The value of the key that ends at a node, -1 if there is none.
  func value(of node: Int32) -> Int32 { values[Int(node)] }

  /// The node behind a byte.
  @inline(__always)
  func child(of node: Int32, _ byte: UInt8) -> Int32? {
    let key = Self.key(node, byte)
    let slot = slot(of: key)
    return keys[slot] == key ? children[slot] : nil
  }

  private mutating func addChild(of node: Int32, _ byte: UInt8) -> Int32 {
    if 2 * values.count >= keys.count { grow() }
    let child = Int32(values.count)
    values.append(-1)
    parents.append((node, byte))
    put(Self.key(node, byte), child)
    return child
  }

  private mutating func grow() {
    let count = 2 * keys.count
    keys = [UInt64](repeating: Self.free, count: count)
    children = [Int32](repeating: 0, count: count)
    for (child, parent) in parents.enumerated().dropFirst() {
      put(Self.key(parent.node, parent.byte), Int32(child))
    }
  }

  private mutating func put(_ key: UInt64, _ child: Int32) {
    let slot = slot(of: key)
    keys[slot] = key
    children[slot] = child
  }

  private static func key(_ node: Int32, _ byte: UInt8) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 8 | UInt64(byte)
  }

  private func slot(of key: UInt64) -> Int {
    let mask = keys.count - 1
    var slot = Int(truncatingIfNeeded: (key &* factor) >> 32) & mask
    while keys[slot] != Self.free, keys[slot] != key { slot = (slot + 1) & mask }
    return slot
  }

  /// All nodes but the root, with the parent of each and the byte between, parents' suffixes first.
  var edgesByDepth: [(node: Int32, parent: Int32, byte: UInt8)] {
    var depths = [Int32](repeating: 0, count: count)
    for node in 1..<max(1, count) { depths[node] = depths[Int(parents[node].node)] + 1 }
    return (1..<max(1, count)).sorted { depths[$0] < depths[$1] }
      .map { (Int32($0), parents[$0].node, parents[$0].byte) }
  }
}
