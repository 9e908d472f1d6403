import Kernels
import Testing

@Suite("OpenBLAS on a processor it does not know")
struct OpenBLASProcessorTests {
  @Test("old kernels are replaced by the best that the processor can execute")
  func replaced() {
    let suitable: String? =
      InstructionSet.avx512.isAvailable
      ? "SkylakeX" : InstructionSet.avx2.isAvailable ? "Haswell" : nil
    for found in ["Prescott", "Nehalem", "Sandybridge"] {
      #expect(OpenBLAS.suitableCoreName(found: found, environment: [:]) == suitable)
    }
  }

  @Test("a choice of the user, and kernels of a newer processor, are left alone")
  func leftAlone() {
    let chosen = ["OPENBLAS_CORETYPE": "Prescott"]
    #expect(OpenBLAS.suitableCoreName(found: "Prescott", environment: chosen) == nil)
    for found in ["Haswell", "SkylakeX", "Zen", "Cooperlake"] {
      #expect(OpenBLAS.suitableCoreName(found: found, environment: [:]) == nil)
    }
  }
}
