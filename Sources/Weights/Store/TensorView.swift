public import Bytes
public import Tensors

/// A tensor where it lies in a weight file.
public struct TensorView: Sendable {
  /// How the elements are stored.
  public let type: ElementType

  /// The canonical name and the shape in the Hugging Face layout.
  public let parameter: Parameter

  /// The elements, in the row order of the file.
  let slice: FileSlice

  /// The row order of the file.
  let rowOrder: RowOrder

  /// The number of bytes of a row.
  var bytesPerRow: Int { slice.range.count / parameter.rowCount }

  /// Returns the stored bytes of row `row` of the Hugging Face layout.
  ///
  /// - Precondition: `row` is a row of the tensor.
  public func bytes(ofRow row: Int) -> FileSlice {
    precondition(row >= 0 && row < parameter.rowCount, "row \(row) of \(parameter)")
    return stored(rowOrder.storedRow(row), count: 1)
  }

  /// Returns `count` rows from stored row `first`.
  func stored(_ first: Int, count: Int) -> FileSlice {
    let start = slice.range.lowerBound + first * bytesPerRow
    return FileSlice(slice.file, start..<start + count * bytesPerRow)
  }
}

/// The order in which a file has the rows of a tensor.
public enum RowOrder: Sendable, Equatable {
  /// The order of Hugging Face.
  case plain

  /// The order of llama.cpp's queries and keys, by heads of `headSize` rows.
  ///
  /// Rotary embedding turns pairs of rows. Hugging Face pairs row i of a head with row
  /// i + headSize / 2; llama.cpp, with row 2i + 1 behind 2i. Source: `permute` in llama.cpp's
  /// `convert_hf_to_gguf.py`.
  case interleaved(headSize: Int)

  /// Creates the order of `rows` rows of `heads` heads, or returns `nil` if a head has no even number
  /// of rows.
  init?(interleaving rows: Int, ofHeads heads: Int) {
    guard heads > 0, rows.isMultiple(of: heads), (rows / heads).isMultiple(of: 2) else {
      return nil
    }
    self = .interleaved(headSize: rows / heads)
  }

  /// Returns the place in the file of row `row` of the Hugging Face layout.
  func storedRow(_ row: Int) -> Int {
    switch self {
    case .plain: return row
    case .interleaved(let headSize):
      let (head, inHead) = row.quotientAndRemainder(dividingBy: headSize)
      let (half, pair) = inHead.quotientAndRemainder(dividingBy: headSize / 2)
      return head * headSize + pair * 2 + half
    }
  }
}

/// A tensor of a model file that is not a parameter.
public struct ExcludedTensor: Sendable, Equatable {
  /// The name in the file.
  public let name: String

  /// Why it is not a parameter.
  public let reason: String
}
