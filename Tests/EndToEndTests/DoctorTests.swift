import Foundation
import Testing

@Suite("doctor")
struct DoctorTests {
  private func doctor(
    _ arguments: [String] = [], environment: [String: String] = [:]
  ) throws -> Machine {
    try Tool.inFolder { tool in
      let outcome = try tool.run(["doctor", "--json"] + arguments, environment: environment)
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Machine.self, from: outcome.output)
    }
  }

  @Test("names the instruction set, the library, the threads and the memory")
  func facts() throws {
    let machine = try doctor(["--threads", "1", "--isa", "scalar"])
    #expect(machine.instructionSet == "scalar" && machine.threads == 1)
    #expect(machine.openblas.configuration.hasPrefix("OpenBLAS"))
    #expect(machine.openblas.threadsPerProduct == 1 && machine.memoryBytes > 1 << 28)
  }

  @Test("warns of a core type that wastes AVX-512, and not of one that uses it")
  func coreType() throws {
    let warnings = try ["Haswell", "SkylakeX"].map {
      try doctor(environment: ["OPENBLAS_CORETYPE": $0])
    }.map { machine in machine.warnings.filter { $0.contains("AVX-512") } }
    let machine = try doctor()
    guard machine.instructionSetsAvailable.contains("avx512") else {
      return #expect(warnings.joined().isEmpty)
    }
    #expect(warnings[0].count == 1 && warnings[0][0].contains("OPENBLAS_CORETYPE=Haswell"))
    #expect(warnings[1].isEmpty)
  }

  @Test(
    "warns of what takes threads away",
    arguments: [
      (["--threads", "2"], "OMP_THREAD_LIMIT", "1"), ([], "OMP_DYNAMIC", "true"),
      ([], "OMP_WAIT_POLICY", "active"), ([], "KMP_BLOCKTIME", "infinite"),
    ])
  func variables(_ arguments: [String], name: String, value: String) throws {
    let machine = try doctor(arguments, environment: [name: value])
    #expect(machine.warnings.contains { $0.hasPrefix("\(name)=\(value)") })
  }

  @Test("warns of more threads than cores and of a slower instruction set than the best")
  func options() throws {
    let machine = try doctor(["--threads", "1000", "--isa", "scalar"])
    #expect(machine.warnings.contains { $0.hasPrefix("1000 threads share") })
    let hasBetter = machine.instructionSetsAvailable.count > 1
    #expect(hasBetter == machine.warnings.contains { $0.contains("is scalar, but") })
  }
}
