/// Where a forward pass gets its weights, tile by tile, as f32 in the Hugging Face layout.
public protocol WeightSource: Sendable {
  /// The tensors and their order.
  var parameters: ParameterMap { get }

  /// Writes rows `rows` of a tensor to `tile`, contiguous and of shape `(rows.count, columnCount)`.
  ///
  /// A rank-1 tensor is one row. Threads may load different tiles at once.
  ///
  /// - Parameter tensor: The tensor's index in ``parameters``.
  func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix)
}

/// Two variants of the same weights, w + εz and w − εz, that are made together.
///
/// A step needs the losses of both. One load of w and one generation of z make both tiles.
public protocol TwoSidedWeightSource: Sendable {
  /// The tensors and their order.
  var parameters: ParameterMap { get }

  /// Writes both sides of rows `rows` of a tensor, see ``WeightSource/load(_:of:into:)``.
  func load(_ rows: Range<Int>, of tensor: Int, into tile: Sides<Matrix>)
}

/// What belongs to w + εz, and the same for w − εz.
public struct Sides<Value> {
  /// That of w + εz.
  public var plus: Value

  /// That of w − εz.
  public var minus: Value

  /// Creates a pair.
  public init(plus: Value, minus: Value) {
    self.plus = plus
    self.minus = minus
  }

  /// Returns the results of `transform` for both.
  public func map<Result, Failure: Error>(
    _ transform: (Value) throws(Failure) -> Result
  ) throws(Failure) -> Sides<Result> {
    Sides<Result>(plus: try transform(plus), minus: try transform(minus))
  }
}

extension Sides: Sendable where Value: Sendable {}
extension Sides: Equatable where Value: Equatable {}
