import Foundation
import TestSupport
import Testing

/// The tool under a limit that an operator has set before it starts.
@Suite(
  "Memory limits", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/prlimit")))
struct MemoryLimitTests {
  /// Runs the tool with at most `megabytes` of private memory; a run that does not end is ended.
  private func run(_ arguments: [String], megabytes: Int) throws -> (status: Int32, errors: String)
  {
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let tool = URL(filePath: bundle).deletingLastPathComponent().appending(path: "fedkseed").path
    let process = Process()
    let errors = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/timeout")
    process.arguments =
      ["--signal=KILL", "120", "/usr/bin/prlimit", "--data=\(megabytes)000000", tool] + arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }

  @Test("What multiplies nothing runs in less than a buffer of OpenBLAS")
  func withoutProducts() throws {
    #expect(try run(["--version"], megabytes: 100).status == 0)
  }

  @Test("Where the buffers of OpenBLAS do not fit, a run ends at once and says what it needs")
  func withProducts() throws {
    let (status, errors) = try run(
      ["profile", model, "--tokens", "8", "--steps", "1"], megabytes: 130)
    #expect(status == 1 && errors.contains("MiB of address space for OpenBLAS, 128 MiB for each"))
    #expect(errors.contains("raise the limit by"))
  }
}
