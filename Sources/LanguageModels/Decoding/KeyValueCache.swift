internal import Tensors

/// The keys and values of the positions that sequences have been through, for every layer.
struct KeyValueCache: Sendable {
  private let keys: [Matrix]
  private let values: [Matrix]
  private let firstRows: [Int]

  /// Creates an empty cache for sequences of at most `capacities` tokens each.
  init(_ configuration: ModelConfiguration, capacities: [Int]) {
    var rows = 0
    firstRows = capacities.map { capacity in
      defer { rows += capacity }
      return rows
    }
    let total = rows
    let make = { Matrix(rows: total, columns: configuration.keyValueSize) }
    keys = (0..<configuration.layerCount).map { _ in make() }
    values = (0..<configuration.layerCount).map { _ in make() }
  }

  /// Stores the keys and values of `sequence` from `position` on, and returns all of them so far.
  func append(
    keys newKeys: Matrix, values newValues: Matrix, layer: Int, sequence: Int, position: Int
  ) -> (keys: Matrix, values: Matrix) {
    let first = firstRows[sequence]
    let end = first + position + newKeys.rowCount
    keys[layer].rows(first + position..<end).copyElements(from: newKeys)
    values[layer].rows(first + position..<end).copyElements(from: newValues)
    return (keys[layer].rows(first..<end), values[layer].rows(first..<end))
  }
}
