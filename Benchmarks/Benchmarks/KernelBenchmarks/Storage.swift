internal import Benchmark
internal import Kernels
internal import Tensors

/// Loads of 64 Ki weights from each type that weight files have.
func storageBenchmarks() {
  for type in ElementType.allCases {
    for instructionSet in InstructionSet.available {
      Benchmark(
        "load \(type) \(instructionSet)",
        configuration: .init(metrics: [.wallClock], scalingFactor: .kilo)
      ) { benchmark in
        let bytes = storedBytes(type)
        let matrix = Matrix(rows: 16, columns: 4096)
        let kernels = StorageKernels(instructionSet)
        let expected = Matrix(rows: 16, columns: 4096)
        unsafe StorageKernels(.scalar).load(bytes.span.bytes, as: type, into: expected)
        unsafe kernels.load(bytes.span.bytes, as: type, into: matrix)
        guard matrix.elements == expected.elements, matrix.elements.contains(where: { $0 != 0 })
        else {
          return benchmark.error("differs from the scalar kernel")
        }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
          unsafe kernels.load(bytes.span.bytes, as: type, into: matrix)
        }
        benchmark.stopMeasurement()
        blackHole(matrix[0, 0])
      }
    }
  }
}

/// Returns 64 Ki stored weights, none of them infinite or NaN: no byte is 0x7c or more.
private func storedBytes(_ type: ElementType) -> [UInt8] {
  let count = (1 << 16) / type.elementsPerBlock * type.bytesPerBlock
  return (0..<count).map { UInt8(($0 * 37 + 11) % 0x7b) }
}
