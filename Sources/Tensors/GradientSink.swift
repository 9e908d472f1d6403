/// Where a backward pass leaves the gradient of the weights, tile by tile: nobody ever has all of it.
///
/// The counterpart of ``WeightSource``: a pass asks the one for a tile of weights and gives the other
/// the gradient of that tile. A sink that keeps sums keeps one for each *shard*: the tiles of a shard
/// come one after the other, in an order that does not depend on threads, while those of other shards
/// come at the same time. So sums over shards in their order have the same bits for any number of
/// threads.
public protocol GradientSink: Sendable {
  /// Whether the gradient of a tensor is of use; if not, the pass does not make it.
  ///
  /// - Parameter tensor: The tensor's index in the parameters of the weights.
  func wants(_ tensor: Int) -> Bool

  /// Takes a part of the gradient of a tensor, which adds to all parts given before.
  ///
  /// - Parameters:
  ///   - gradient: Shape `(rows.count, columnCount)`, contiguous; valid during the call only.
  ///   - rows: The rows of the tensor that it belongs to; a rank-1 tensor is one row.
  ///   - tensor: The tensor's index in the parameters of the weights.
  ///   - shard: From 0 to ``GradientShards/count`` − 1.
  func add(_ gradient: Matrix, toRows rows: Range<Int>, of tensor: Int, shard: Int)
}

/// How the tiles of a backward pass are divided, so that sums do not depend on threads.
public enum GradientShards {
  /// The number of shards: as many threads can work at once, and as many partial sums are kept.
  public static let count = 8
}
