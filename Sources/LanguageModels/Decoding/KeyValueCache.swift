internal import Tensors

/// The keys and values of the positions that one sequence has been through, for every layer.
///
/// Copies share their memory.
struct KeyValueCache: Sendable {
  /// The number of positions it has room for.
  let capacity: Int

  private let keys: [Matrix]
  private let values: [Matrix]

  /// Creates an empty cache for a sequence of at most `capacity` tokens.
  init(_ configuration: ModelConfiguration, capacity: Int) {
    self.capacity = capacity
    let make = { (_: Int) in Matrix(rows: capacity, columns: configuration.keyValueSize) }
    keys = (0..<configuration.layerCount).map(make)
    values = (0..<configuration.layerCount).map(make)
  }

  /// Stores keys and values from `position` on, and returns all up to them.
  func append(
    keys newKeys: Matrix, values newValues: Matrix, layer: Int, position: Int
  ) -> (keys: Matrix, values: Matrix) {
    let end = position + newKeys.rowCount
    keys[layer].rows(position..<end).copyElements(from: newKeys)
    values[layer].rows(position..<end).copyElements(from: newValues)
    return (keys[layer].rows(0..<end), values[layer].rows(0..<end))
  }
}
