internal import Foundation
internal import Kernels
internal import Profiling

/// Finds what makes a machine slower than it could be.
struct MachineCheck {
  let machine: MachineDescription
  let instructionSet: InstructionSet
  let threads: Int
  let limit: ProcessorLimit
  let openblas: OpenBLASDescription
  let environment: [String: String]

  /// One sentence for each finding: what, and what to do.
  var warnings: [String] {
    [slowCoreType, openMPConflict, littleMemory, slowInstructionSet].compactMap(\.self)
      + Self.threadWarnings(threads: threads, limit: limit)
      + harmfulVariables
  }

  /// What this process was given that costs half the speed or more, for whoever computes; `doctor` has the
  /// rest.
  static func environmentWarnings(threads: Int) -> [String] {
    guard let machine = try? MachineDescription.current() else { return [] }
    let check = MachineCheck(
      machine: machine, instructionSet: .best, threads: threads, limit: .current,
      openblas: OpenBLASDescription(), environment: ProcessInfo.processInfo.environment)
    return [check.slowCoreType, check.openMPConflict].compactMap(\.self) + check.harmfulVariables
  }

  /// The core types whose kernels use AVX-512.
  private static let wideCoreTypes = ["SkylakeX", "Cooperlake", "Sapphirerapids"]

  private var slowCoreType: String? {
    guard InstructionSet.avx512.isAvailable,
      !Self.wideCoreTypes.contains(where: {
        $0.lowercased() == openblas.coreType.lowercased()
      })
    else { return nil }
    // Unsetting it is no help where OpenBLAS does not know the processor.
    let cause = environment["OPENBLAS_CORETYPE"].map { "OPENBLAS_CORETYPE=\($0) is set; " } ?? ""
    return """
      OpenBLAS uses its \(openblas.coreType) kernels on a processor with AVX-512, at half the \
      speed or less: \(cause)set OPENBLAS_CORETYPE=SkylakeX
      """
  }

  private var openMPConflict: String? {
    guard openblas.threading == "OpenMP" else { return nil }
    return """
      this OpenBLAS has OpenMP threads of its own beside ours: install libopenblas0-pthread, or \
      choose it with update-alternatives
      """
  }

  /// What the smallest useful model needs.
  private static let usefulMemory = 1 << 30

  private var littleMemory: String? {
    guard machine.availableMemory < Self.usefulMemory else { return nil }
    return """
      only \(machine.availableMemory >> 20) MiB of memory are available: a model of 135 M \
      parameters wants about 1024 MiB
      """
  }

  private var slowInstructionSet: String? {
    guard instructionSet != .best else { return nil }
    return """
      the instruction set is \(instructionSet.rawValue), but this machine has \
      \(InstructionSet.best.rawValue): leave out --isa
      """
  }

  /// What makes threads wait for each other: more of them than can run at once.
  static func threadWarnings(threads: Int, limit: ProcessorLimit) -> [String] {
    if threads > limit.allowedCPUs {
      return ["\(threads) threads share \(limit.allowedCPUs) cores: leave out --threads"]
    }
    guard let quota = limit.quota, threads > limit.threadCount else { return [] }
    return [
      "\(threads) threads share the time of \(quota) cores that the container is granted: "
        + "leave out --threads"
    ]
  }

  /// Variables by which OpenMP gives us fewer threads than asked for, or wastes them.
  private var harmfulVariables: [String] {
    var found: [String] = []
    if let limit = environment["OMP_THREAD_LIMIT"].flatMap({ Int($0) }), limit < threads {
      found.append("OMP_THREAD_LIMIT=\(limit) allows fewer than \(threads) threads: unset it")
    }
    let harmful = [
      ("OMP_DYNAMIC", "true", "lets OpenMP use fewer threads"),
      ("OMP_WAIT_POLICY", "active", "makes waiting threads take the cores from working ones"),
      ("KMP_BLOCKTIME", "infinite", "makes waiting threads take the cores from working ones"),
      ("OMP_PROC_BIND", "master", "puts all threads on one core"),
      ("OMP_PROC_BIND", "primary", "puts all threads on one core"),
    ]
    for (name, value, effect) in harmful where environment[name]?.lowercased() == value {
      found.append("\(name)=\(value) \(effect): unset it")
    }
    return found
  }
}
