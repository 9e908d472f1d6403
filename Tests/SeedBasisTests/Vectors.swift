import Foundation

/// The test vectors of Documentation/Directions.md, section 6.
struct Vectors: Codable, Equatable, Sendable {
  struct Words: Codable, Equatable, Sendable {
    let counter: [String]
    let seed: String
    let output: [String]
  }

  struct Direction: Codable, Equatable, Sendable {
    let basis: String
    let seed: String
    let candidates: Int
    let candidate: Int
    let tensor: Int
    let offset: Int
    let bits: [String]
  }

  struct Moved: Codable, Equatable, Sendable {
    let basis: String
    let seed: String
    let tensor: Int
    let offset: Int
    let coefficients: [String]
    let base: [String]
    let combined: [String]
    let candidate: Int
    let epsilon: String
    let plus: [String]
    let minus: [String]
  }

  struct Update: Codable, Equatable, Sendable {
    let candidate: Int
    let amount: String
  }

  struct Updated: Codable, Equatable, Sendable {
    let basis: String
    let seed: String
    let candidates: Int
    let tensor: Int
    let offset: Int
    let base: [String]
    let updates: [Update]
    let updated: [String]
  }

  struct Projected: Codable, Equatable, Sendable {
    let basis: String
    let seed: String
    let tensor: Int
    let offset: Int
    let gradient: [String]
    let sums: [String]
    let projected: [String]
  }

  let philox: [Words]
  let directions: [Direction]
  let weights: [Moved]
  let updates: [Updated]
  let projections: [Projected]
}

// The file: one vector a line.
extension Vectors {
  private static let file =
    URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors.json")

  static func read() throws -> Vectors {
    try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: file))
  }

  func write() throws {
    let lists = [
      try Self.list("philox", philox), try Self.list("directions", directions),
      try Self.list("weights", weights), try Self.list("updates", updates),
      try Self.list("projections", projections),
    ]
    try Data("{\n\(lists.joined(separator: ",\n"))\n}\n".utf8).write(to: Self.file)
  }

  private static func list(_ name: String, _ vectors: [some Encodable]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let lines = try vectors.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
    return "\"\(name)\": [\n\(lines.joined(separator: ",\n"))\n]"
  }
}
