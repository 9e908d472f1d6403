internal import Foundation

extension OpenBLAS {
  /// Starts the program again, with kernels that use this processor's instructions, where OpenBLAS took
  /// the processor for an old one.
  ///
  /// OpenBLAS knows no processor newer than itself, and then multiplies several times slower than it could.
  /// It chooses its kernels before `main`, by the variable `OPENBLAS_CORETYPE` if that is set; who has set
  /// it is obeyed. Call it first in `main`: nothing that was done before survives.
  public static func restartIfProcessorIsUnknown() {
    guard
      let name = suitableCoreName(found: coreName, environment: ProcessInfo.processInfo.environment)
    else { return }
    // SAFETY: no other thread reads the environment yet; the arguments are the program's own and end with a
    // null pointer. A call of `execv` that returns has failed and changed nothing.
    unsafe setenv(variable, name, 1)
    _ = unsafe execv("/proc/self/exe", CommandLine.unsafeArgv)
    unsafe unsetenv(variable)
  }

  private static let variable = "OPENBLAS_CORETYPE"

  /// The kernels of processors without AVX2 that OpenBLAS falls back on.
  private static let oldCoreNames: Set<String> = [
    "Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Generic", "Sandybridge",
  ]

  /// Returns the kernels to use in place of those `found`, or `nil` if these are suitable or somebody's
  /// choice.
  package static func suitableCoreName(found: String, environment: [String: String]) -> String? {
    guard environment[variable] == nil, oldCoreNames.contains(found) else { return nil }
    if InstructionSet.avx512.isAvailable { return "SkylakeX" }
    return InstructionSet.avx2.isAvailable ? "Haswell" : nil
  }
}
