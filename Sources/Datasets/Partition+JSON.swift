import Bytes
import Foundation

// The file that keeps a partition. Its text is canonical: equal partitions have equal bytes, so
// that their hash names them.

extension Partition {
  /// The partition as JSON with sorted keys, one client a line.
  ///
  ///     {"clients":[
  ///     [0,3],
  ///     [1,2]
  ///     ],"exampleCount":4,"rule":"iid","seed":1}
  public var json: String {
    let rows = clients.map { "[" + $0.map(String.init).joined(separator: ",") + "]" }
    return """
      {"clients":[
      \(rows.joined(separator: ",\n"))
      ],"exampleCount":\(exampleCount),"rule":"\(rule)","seed":\(seed)}

      """
  }

  /// Reads a partition for a data set of `exampleCount` examples.
  ///
  /// - Throws: ``PartitionError`` unless every example belongs to exactly one client.
  public init(json: String, exampleCount: Int) throws(PartitionError) {
    do { try JSON.checkForDecoder(Array(json.utf8)[...], valueLimit: 1 << 23) } catch {
      throw .brokenFile(
        reason: error.kind == .tooDeep ? "it nests too deep" : "it has too long a key or too much")
    }
    let file: File
    do {
      file = try JSONDecoder().decode(File.self, from: Data(json.utf8))
    } catch {
      throw .brokenFile(reason: "it is no JSON with clients, exampleCount, rule and seed")
    }
    let owned = file.clients.reduce(0) { $0 + $1.count }
    guard file.exampleCount == exampleCount, owned == exampleCount else {
      throw .wrongExampleCount(
        found: file.exampleCount == exampleCount ? owned : file.exampleCount,
        expected: exampleCount)
    }
    try Self.checkIndices(of: file.clients, exampleCount: exampleCount)
    self.init(
      rule: try PartitionRule(parsing: file.rule), seed: file.seed, exampleCount: exampleCount,
      clients: file.clients.map { $0.sorted() })
  }

  private static func checkIndices(
    of clients: [[Int]], exampleCount: Int
  ) throws(PartitionError) {
    var isGiven = [Bool](repeating: false, count: exampleCount)
    for (client, indices) in clients.enumerated() {
      guard !indices.isEmpty else {
        throw .tooFewForClient(client: client, exampleCount: 0, minimum: 1)
      }
      for index in indices {
        guard isGiven.indices.contains(index), !isGiven[index] else {
          throw .badIndex(client: client, index: index)
        }
        isGiven[index] = true
      }
    }
  }

  private struct File: Decodable {
    var clients: [[Int]]
    var exampleCount: Int
    var rule: String
    var seed: UInt64
  }
}
