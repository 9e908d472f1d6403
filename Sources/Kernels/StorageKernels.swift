internal import CKernels
public import Tensors

/// Converts elements between the types of weight files and binary32.
///
/// Results have the same bits on every instruction set (but an arithmetic NaN may be any NaN).
public struct StorageKernels: Sendable {
  private let table: KernelTable

  /// Creates the kernels for `instructionSet`.
  ///
  /// - Precondition: This machine can execute it.
  public init(_ instructionSet: InstructionSet) { table = KernelTable(instructionSet) }

  /// Writes the elements stored in `bytes`, in order, to the rows of `matrix`.
  ///
  /// Every product and every sum is rounded once, as `storage.h` says; without a minimum and with a
  /// binary16 scale, values are exact but for IQ4_XS.
  ///
  /// - Precondition: `matrix` is contiguous and `bytes` stores exactly its elements, in whole blocks.
  public func load(_ bytes: RawSpan, as type: ElementType, into matrix: Matrix) {
    let count = checkedCount(of: matrix, as: type, byteCount: bytes.byteCount)
    // SAFETY: both sides hold `count` elements, checked above; a mapping never overlaps a matrix.
    unsafe bytes.withUnsafeBytes { source in
      guard let source = source.baseAddress else { return }
      unsafe matrix.withUnsafeMutablePointer { unsafe codec(of: type).load($0, source, count) }
    }
  }

  /// Writes the elements of `matrix`, row by row, to `bytes`.
  ///
  /// Types without blocks are rounded once to nearest, ties to even; blocks are quantised as ggml's
  /// own quantisers do.
  ///
  /// - Precondition: `type` is storable, `matrix` is contiguous, and `bytes` has room for exactly its
  ///   elements.
  public func store(_ matrix: Matrix, as type: ElementType, into bytes: inout [UInt8]) {
    let count = checkedCount(of: matrix, as: type, byteCount: bytes.count)
    // SAFETY: both sides hold `count` elements, checked above; an array never overlaps a matrix.
    switch unsafe codec(of: type).store {
    case nil: preconditionFailure("cannot store \(type.rawValue)")
    case .quantize(let append):
      bytes = BlockQuantizer.encode(matrix.elements, as: type, by: append)
    case .copy:
      unsafe bytes.withUnsafeMutableBytes { target in
        unsafe matrix.withUnsafeMutablePointer {
          unsafe target.baseAddress?.copyMemory(from: $0, byteCount: count * 4)
        }
      }
    case .round(let store):
      unsafe bytes.withUnsafeMutableBytes { target in
        unsafe matrix.withUnsafeMutablePointer { unsafe store(target.baseAddress, $0, count) }
      }
    }
  }

  private func checkedCount(of matrix: Matrix, as type: ElementType, byteCount: Int) -> Int {
    let count = matrix.rowCount * matrix.columnCount
    precondition(matrix.isContiguous, "the matrix has a stride of \(matrix.rowStride)")
    precondition(
      type.byteCount(elements: count) == byteCount,
      "\(byteCount) bytes are not \(count) elements of type \(type.rawValue)")
    return count
  }

  private typealias Loader =
    @convention(c) (UnsafeMutablePointer<Float>?, UnsafeRawPointer?, Int) -> Void

  @unsafe private enum Storer {
    case copy
    case round(@convention(c) (UnsafeMutableRawPointer?, UnsafePointer<Float>?, Int) -> Void)
    case quantize(BlockQuantizer.BlockEncoder)
  }

  /// How elements of `type` are loaded and, if they can be, stored.
  private func codec(of type: ElementType) -> (load: Loader, store: Storer?) {
    // SAFETY: the table is a constant of the program.
    switch type {
    case .f32: unsafe (table.storage.load_f32, .copy)
    case .f16: unsafe (table.storage.load_f16, .round(table.storage.store_f16))
    case .bf16: unsafe (table.storage.load_bf16, .round(table.storage.store_bf16))
    case .q8_0: unsafe (table.storage.load_q8_0, .quantize(BlockQuantizer.appendQ8))
    case .q4_0: unsafe (table.storage.load_q4_0, .quantize(BlockQuantizer.appendQ4))
    case .q4_1: unsafe (table.storage.load_q4_1, nil)
    case .q5_0: unsafe (table.storage.load_q5_0, nil)
    case .q5_1: unsafe (table.storage.load_q5_1, nil)
    case .q2_k: unsafe (table.storage.load_q2_k, nil)
    case .q3_k: unsafe (table.storage.load_q3_k, nil)
    case .q4_k: unsafe (table.storage.load_q4_k, nil)
    case .q5_k: unsafe (table.storage.load_q5_k, nil)
    case .q6_k: unsafe (table.storage.load_q6_k, nil)
    case .q8_k: unsafe (table.storage.load_q8_k, nil)
    case .iq4_nl: unsafe (table.storage.load_iq4_nl, nil)
    case .iq4_xs: unsafe (table.storage.load_iq4_xs, nil)
    case .mxfp4: unsafe (table.storage.load_mxfp4, nil)
    }
  }
}
