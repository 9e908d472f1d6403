import Kernels
import Synchronization
import Tensors

/// The copy of one tensor, cut into chunks of whole rows that are brought up to date one by one.
struct DenseTensor: Sendable {
  /// Small enough for a core's cache, large enough that locks do not matter.
  private static let elementsPerChunk = 32768

  private let rowsPerChunk: Int
  let chunks: [any DenseChunk]

  init(_ parameter: Parameter, _ storage: DenseStorage, _ context: ComputeContext) {
    let columns = parameter.columnCount
    let rowsPerChunk = max(1, Self.elementsPerChunk / columns)
    self.rowsPerChunk = rowsPerChunk
    chunks = stride(from: 0, to: parameter.rowCount, by: rowsPerChunk).map { first in
      let rows = first..<min(first + rowsPerChunk, parameter.rowCount)
      return switch storage {
      case .f32: PlainChunk(rows: rows, columns: columns)
      case .bf16: StoredChunk(rows: rows, columns: columns, context: context)
      }
    }
  }

  func chunks(overlapping rows: Range<Int>) -> ArraySlice<any DenseChunk> {
    guard !rows.isEmpty else { return [] }
    return chunks[rows.lowerBound / rowsPerChunk...(rows.upperBound - 1) / rowsPerChunk]
  }
}

/// Some rows of a tensor, and how many of the updates they have seen.
///
/// A lock covers every access to the weights: token lookups and the tied output head may read the
/// same rows at once, and whoever comes first brings them up to date.
protocol DenseChunk: Sendable {
  var rows: Range<Int> { get }

  /// Replaces the weights by those of `source`, which have seen no update.
  func refill(from source: any WeightSource, tensor: Int)

  /// Brings the chunk up to date.
  ///
  /// - Parameters:
  ///   - count: The number of updates since the last refill.
  ///   - apply: Adds the updates of some numbers to all weights of the chunk.
  func update(to count: Int, apply: (Matrix, Range<Int>) -> Void)

  /// Copies the wanted rows that lie in this chunk.
  ///
  /// - Parameters:
  ///   - wanted: Rows of the tensor.
  ///   - target: Receives them; its first row is the first row wanted.
  func copy(_ wanted: Range<Int>, to target: Matrix)
}

/// A chunk in f32, updated in place.
final class PlainChunk: DenseChunk {
  let rows: Range<Int>
  private let weights: Matrix
  private let seenUpdates = Mutex(0)

  init(rows: Range<Int>, columns: Int) {
    self.rows = rows
    weights = Matrix(rows: rows.count, columns: columns)
  }

  func refill(from source: any WeightSource, tensor: Int) {
    seenUpdates.withLock { seen in
      source.load(rows, of: tensor, into: weights)
      seen = 0
    }
  }

  func update(to count: Int, apply: (Matrix, Range<Int>) -> Void) {
    seenUpdates.withLock { seen in
      guard seen < count else { return }
      apply(weights, seen..<count)
      seen = count
    }
  }

  func copy(_ wanted: Range<Int>, to target: Matrix) {
    seenUpdates.withLock { _ in
      let (source, place) = places(of: wanted)
      target.rows(place).copyElements(from: weights.rows(source))
    }
  }
}

/// A chunk in bfloat16, widened where it is needed.
final class StoredChunk: DenseChunk {
  let rows: Range<Int>
  private let columns: Int
  private let context: ComputeContext
  private let state: Mutex<State>

  private struct State {
    var bytes: [UInt8]
    var seenUpdates = 0
  }

  init(rows: Range<Int>, columns: Int, context: ComputeContext) {
    self.rows = rows
    self.columns = columns
    self.context = context
    state = Mutex(State(bytes: [UInt8](repeating: 0, count: 2 * rows.count * columns)))
  }

  func refill(from source: any WeightSource, tensor: Int) {
    withScratch { weights in
      source.load(rows, of: tensor, into: weights)
      state.withLock { state in
        context.storage.store(weights, as: .bf16, into: &state.bytes)
        state.seenUpdates = 0
      }
    }
  }

  func update(to count: Int, apply: (Matrix, Range<Int>) -> Void) {
    state.withLock { state in
      guard state.seenUpdates < count else { return }
      withScratch { weights in
        // SAFETY: bytes have no padding.
        unsafe context.storage.load(state.bytes.span.bytes, as: .bf16, into: weights)
        apply(weights, state.seenUpdates..<count)
        context.storage.store(weights, as: .bf16, into: &state.bytes)
      }
      state.seenUpdates = count
    }
  }

  func copy(_ wanted: Range<Int>, to target: Matrix) {
    state.withLock { state in
      let (source, place) = places(of: wanted)
      // SAFETY: as above.
      let bytes = unsafe state.bytes.span.bytes.extracting(
        2 * columns * source.lowerBound..<2 * columns * source.upperBound)
      context.storage.load(bytes, as: .bf16, into: target.rows(place))
    }
  }

  private func withScratch(_ body: (Matrix) -> Void) {
    context.scratch.with(elements: rows.count * columns) { scratch in
      body(scratch.reshaped(rows: rows.count, columns: columns))
    }
  }
}

extension DenseChunk {
  /// Returns which rows of the chunk are wanted, and where among the wanted they lie.
  fileprivate func places(of wanted: Range<Int>) -> (source: Range<Int>, place: Range<Int>) {
    let shared = wanted.clamped(to: rows)
    return (
      shared.lowerBound - rows.lowerBound..<shared.upperBound - rows.lowerBound,
      shared.lowerBound - wanted.lowerBound..<shared.upperBound - wanted.lowerBound
    )
  }
}
