internal import ArgumentParser
internal import Foundation
internal import Kernels
internal import Profiling

/// Tells what the machine has and what would slow a run down.
struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show what this machine computes with, and warn of what slows it down.",
    discussion: "  fedkseed doctor")

  @OptionGroup var common: CommonOptions

  func run() throws {
    let result = Result(
      machine: try MachineDescription.current(), common: common,
      environment: ProcessInfo.processInfo.environment)
    if common.json { try Output.printJSON(result) } else { result.printText() }
  }

  private struct Result: Encodable {
    let version = FedKSeed.version
    let cpu: String?
    let instructionSet: String
    let instructionSetsAvailable: [String]
    let cores: Int
    let coresGranted: Double?
    let threads: Int
    let openblas: OpenBLASDescription
    let memoryBytes: Int
    let memoryAvailableBytes: Int
    let warnings: [String]

    init(
      machine: MachineDescription, common: CommonOptions, environment: [String: String]
    ) {
      cpu = machine.cpuModel
      instructionSet = common.isa.rawValue
      instructionSetsAvailable = InstructionSet.available.map(\.rawValue)
      let limit = ProcessorLimit.current
      cores = limit.allowedCPUs
      coresGranted = limit.quota
      threads = common.threads
      openblas = OpenBLASDescription()
      memoryBytes = machine.physicalMemory
      memoryAvailableBytes = machine.availableMemory
      warnings =
        MachineCheck(
          machine: machine, instructionSet: common.isa, threads: common.threads,
          limit: limit, openblas: openblas, environment: environment
        ).warnings
    }

    func printText() {
      Output.printTable([
        ("fedkseed", version), ("processor", cpu ?? "unknown"),
        (
          "instruction set",
          "\(instructionSet) (of \(instructionSetsAvailable.joined(separator: ", ")))"
        ),
        ("cores", "\(cores)" + (coresGranted.map { ", of whose time \($0) are granted" } ?? "")),
        ("threads", "\(threads)"), ("OpenBLAS", openblas.configuration),
        ("  core type", openblas.coreType), ("  threading", openblas.threading),
        ("  threads", "\(openblas.threadsPerProduct) in each product"),
        (
          "memory",
          "\(memoryAvailableBytes >> 20) MiB available of \(memoryBytes >> 20) MiB"
        ),
      ])
      for warning in warnings { print("warning: \(warning)") }
      if warnings.isEmpty { print("no warnings") }
    }
  }
}

/// The library behind the matrix products.
struct OpenBLASDescription: Encodable {
  let configuration: String
  let coreType: String
  let threading: String
  let threadsPerProduct: Int

  init() {
    OpenBLAS.useOneThread()
    configuration = OpenBLAS.configuration.trimmingCharacters(in: .whitespaces)
    coreType = OpenBLAS.coreName
    threading = OpenBLAS.threading
    threadsPerProduct = OpenBLAS.threadCount
  }
}
