internal import CKernels

/// The kernels of one instruction set: the one door to the tables in C.
@safe struct KernelTable: Sendable {
  // SAFETY: a table is a constant of the program, so threads may share it and it outlives everyone.
  private nonisolated(unsafe) let table: UnsafePointer<ck_kernels>

  /// Takes the kernels for `instructionSet`.
  ///
  /// - Precondition: This machine can execute it.
  init(_ instructionSet: InstructionSet) {
    guard let table = unsafe ck_kernels_for(instructionSet.code) else {
      preconditionFailure("this machine cannot execute \(instructionSet)")
    }
    unsafe self.table = table
  }

  /// Directions of a seed basis.
  var directions: ck_direction_kernels { unsafe table.pointee.directions }

  /// Elements as files store them.
  var storage: ck_storage_kernels { unsafe table.pointee.storage }

  /// The operations of a transformer.
  var operations: ck_operation_kernels { unsafe table.pointee.operations }
}
