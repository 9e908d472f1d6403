internal import CKernels

/// A vector instruction set that the kernels are compiled for.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// The baseline of the architecture: SSE2 on x86-64, NEON on arm64.
  case scalar
  /// arm64 with NEON.
  case neon
  /// x86-64 with AVX2, FMA and F16C.
  case avx2
  /// x86-64 with AVX-512 F, BW, VL and DQ.
  case avx512

  /// Whether this CPU and operating system can execute it.
  public var isAvailable: Bool { ck_isa_is_supported(code) != 0 }

  /// The instruction sets this machine can execute, slowest first.
  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// The fastest instruction set of this machine.
  public static var best: InstructionSet { available.last ?? .scalar }

  /// The name of this instruction set in C.
  var code: ck_isa {
    switch self {
    case .scalar: CK_SCALAR
    case .neon: CK_NEON
    case .avx2: CK_AVX2
    case .avx512: CK_AVX512
    }
  }
}
