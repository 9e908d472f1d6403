internal import Foundation

/// The machine a measurement was made on.
public struct MachineDescription: Codable, Equatable, Sendable {
  /// The name of the processor, or `nil` where Linux does not tell, as on many ARM machines.
  public let cpuModel: String?
  /// The number of logical cores that are online.
  public let logicalCores: Int
  /// Bytes of RAM.
  public let physicalMemory: Int
  /// Bytes of RAM that programs can still get without swapping; mapped files count as free.
  public let availableMemory: Int

  /// Describes the machine this process runs on.
  ///
  /// - Throws: ``ProcFileError`` if `/proc/meminfo` is missing or not understood.
  public static func current() throws(ProcFileError) -> MachineDescription {
    try MachineDescription(
      processor: try? ProcFile(path: "/proc/cpuinfo"), memory: ProcFile(path: "/proc/meminfo"),
      logicalCores: ProcessInfo.processInfo.activeProcessorCount)
  }

  init(processor: ProcFile?, memory: ProcFile, logicalCores: Int) throws(ProcFileError) {
    cpuModel = processor?["model name"]
    self.logicalCores = logicalCores
    physicalMemory = try memory.bytes("MemTotal")
    availableMemory = try memory.bytes("MemAvailable")
  }
}
