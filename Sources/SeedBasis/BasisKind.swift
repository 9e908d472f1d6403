/// How the directions of a basis are made; the numbers are those of Documentation/Directions.md.
public enum BasisKind: String, Sendable, CaseIterable, Codable {
  /// Structured signs: all K directions are replayed by one Walsh–Hadamard transform a block.
  case hadamard
  /// Independent signs.
  case rademacher
  /// Independent standard normals, as in the paper.
  case gaussian
}
