internal import CKernels
public import Tensors

/// Converts elements between the types of weight files and binary32.
///
/// Results have the same bits on every instruction set (but an arithmetic NaN may be any NaN).
public struct StorageKernels: Sendable {
  private let table: KernelTable

  /// The element types that ``store(_:as:into:)`` writes.
  public static let storableTypes: [ElementType] = [.f32, .f16, .bf16]

  /// Creates the kernels for `instructionSet`.
  ///
  /// - Precondition: This machine can execute it.
  public init(_ instructionSet: InstructionSet) { table = KernelTable(instructionSet) }

  /// Writes the elements stored in `bytes`, in order, to the rows of `matrix`.
  ///
  /// Values are exact except for Q4_1, whose product and sum are each rounded.
  ///
  /// - Precondition: `matrix` is contiguous and `bytes` stores exactly its elements, in whole blocks.
  public func load(_ bytes: RawSpan, as type: ElementType, into matrix: Matrix) {
    let count = checkedCount(of: matrix, as: type, byteCount: bytes.byteCount)
    // SAFETY: both sides hold `count` elements, checked above; a mapping never overlaps a matrix.
    unsafe bytes.withUnsafeBytes { source in
      guard let source = source.baseAddress else { return }
      unsafe matrix.withUnsafeMutablePointer { unsafe loader(of: type)($0, source, count) }
    }
  }

  /// Writes the elements of `matrix`, row by row, to `bytes`, each rounded once to nearest, ties to
  /// even.
  ///
  /// - Precondition: `type` is one of ``storableTypes``, `matrix` is contiguous, and `bytes` has room
  ///   for exactly its elements.
  public func store(_ matrix: Matrix, as type: ElementType, into bytes: inout [UInt8]) {
    let count = checkedCount(of: matrix, as: type, byteCount: bytes.count)
    // SAFETY: both sides hold `count` elements, checked above; an array never overlaps a matrix.
    unsafe bytes.withUnsafeMutableBytes { target in
      guard let target = target.baseAddress else { return }
      unsafe matrix.withUnsafeMutablePointer { source in
        switch type {
        case .f32: unsafe target.copyMemory(from: source, byteCount: count * 4)
        case .f16: unsafe table.storage.store_f16(target, source, count)
        case .bf16: unsafe table.storage.store_bf16(target, source, count)
        case .q8_0, .q4_0, .q4_1: preconditionFailure("cannot store \(type.rawValue)")
        }
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

  private func loader(of type: ElementType) -> Loader {
    switch type {
    case .f32: unsafe table.storage.load_f32
    case .f16: unsafe table.storage.load_f16
    case .bf16: unsafe table.storage.load_bf16
    case .q8_0: unsafe table.storage.load_q8_0
    case .q4_0: unsafe table.storage.load_q4_0
    case .q4_1: unsafe table.storage.load_q4_1
    }
  }
}
