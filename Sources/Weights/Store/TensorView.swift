public import Bytes
public import Tensors

/// A tensor where it lies in a weight file.
public struct TensorView: Sendable {
  /// How the elements are stored.
  public let type: ElementType

  /// The canonical name and the shape in the Hugging Face layout.
  public let parameter: Parameter

  /// The elements, as the file has them.
  let slice: FileSlice

  /// How the file has them.
  let layout: TensorLayout

  /// The number of rows in the file.
  var storedRowCount: Int { layout == .transposed ? parameter.columnCount : parameter.rowCount }

  /// The number of bytes of a row in the file.
  var bytesPerRow: Int { slice.range.count / storedRowCount }

  /// Returns the stored bytes of row `row` of the Hugging Face layout.
  ///
  /// - Precondition: `row` is a row of the tensor, and rows are rows in the file.
  public func bytes(ofRow row: Int) -> FileSlice {
    precondition(row >= 0 && row < parameter.rowCount, "row \(row) of \(parameter)")
    precondition(layout != .transposed, "\(parameter) lies transposed")
    return stored(layout.storedRow(row), count: 1)
  }

  /// Returns `count` rows from stored row `first`.
  func stored(_ first: Int, count: Int) -> FileSlice {
    let start = slice.range.lowerBound + first * bytesPerRow
    return FileSlice(slice.file, start..<start + count * bytesPerRow)
  }
}

extension TensorView {
  /// Whether the elements are stored as the same bytes.
  func hasSameElements(as other: TensorView) -> Bool {
    guard type == other.type, slice.range.count == other.slice.range.count else { return false }
    // SAFETY: both mappings outlive the comparison, which stays within their sizes.
    return unsafe slice.bytes.withUnsafeBytes { one in
      unsafe other.slice.bytes.withUnsafeBytes { unsafe one.elementsEqual($0) }
    }
  }

  /// Returns blocks `blocks` of stored row `row`.
  func stored(_ row: Int, blocks: Range<Int>) -> FileSlice {
    let start = slice.range.lowerBound + row * bytesPerRow
    let size = type.bytesPerBlock
    return FileSlice(
      slice.file, start + blocks.lowerBound * size..<start + blocks.upperBound * size)
  }
}

/// How a file has the elements of a tensor.
public enum TensorLayout: Sendable, Equatable {
  /// As Hugging Face.
  case plain

  /// The order of llama.cpp's queries and keys, by heads of `headSize` rows.
  ///
  /// Rotary embedding turns pairs of rows. Hugging Face pairs row i of a head with row
  /// i + headSize / 2; llama.cpp, with row 2i + 1 behind 2i. Source: `permute` in llama.cpp's
  /// `convert_hf_to_gguf.py`.
  case interleaved(headSize: Int)

  /// All queries, then all keys, then all values, where Hugging Face has the three of each of
  /// `headCount` heads one after the other. Source: `GPTNeoXModel` in the same file.
  case ungrouped(headCount: Int, headSize: Int)

  /// Columns as rows. Source: `GPT2Model` in the same file.
  case transposed

  /// Each element plus 1. Source: `GemmaModel` in the same file.
  case plusOne

  /// Creates the layout of a form, or returns `nil` if it does not fit.
  ///
  /// - Parameters:
  ///   - rows: The number of rows of a matrix, or of elements of a vector.
  ///   - headCount: Returns the integer of a metadata key.
  init?(_ form: TensorNaming.StoredForm?, rows: Int, headCount: (String) -> Int?) {
    switch form {
    case nil: self = .plain
    case .transposed: self = .transposed
    case .plusOne: self = .plusOne
    case .interleaved(let keys):
      guard let heads = keys.lazy.compactMap(headCount).first, heads > 0,
        rows.isMultiple(of: heads), (rows / heads).isMultiple(of: 2)
      else { return nil }
      self = .interleaved(headSize: rows / heads)
    case .ungrouped(let key):
      guard let heads = headCount(key), heads > 0, heads <= rows, rows.isMultiple(of: 3 * heads)
      else { return nil }
      self = .ungrouped(headCount: heads, headSize: rows / heads / 3)
    }
  }

  /// Whether rows, or the elements of a vector, lie in another order.
  var reorders: Bool {
    switch self {
    case .interleaved, .ungrouped: true
    case .plain, .transposed, .plusOne: false
    }
  }

  /// Returns the place in the file of row `row`, or of the element of a vector, of the Hugging Face
  /// layout.
  func storedRow(_ row: Int) -> Int {
    switch self {
    case .plain, .transposed, .plusOne: return row
    case .interleaved(let headSize):
      let (head, inHead) = row.quotientAndRemainder(dividingBy: headSize)
      let (half, pair) = inHead.quotientAndRemainder(dividingBy: headSize / 2)
      return head * headSize + pair * 2 + half
    case .ungrouped(let headCount, let headSize):
      let (head, inHead) = row.quotientAndRemainder(dividingBy: 3 * headSize)
      let (part, element) = inHead.quotientAndRemainder(dividingBy: headSize)
      return (part * headCount + head) * headSize + element
    }
  }
}

/// A tensor of a model file that is not a parameter.
public struct ExcludedTensor: Sendable, Equatable {
  /// The name in the file.
  public let name: String

  /// Why it is not a parameter.
  public let reason: String

  /// Its elements, if they say something of the model.
  public var elements: [Float]?
}
