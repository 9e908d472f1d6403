internal import ArgumentParser
internal import Profiling

/// The speed of the machine: measured, or that of another one.
struct SpeedOptions: ParsableArguments {
  @Option(help: "Another machine: 10^9 operations a second, on one thread.")
  var gflops: Double?

  @Option(help: "Another machine: 10^9 bytes a second of memory, on one thread.")
  var bandwidth: Double?

  func validate() throws {
    guard (gflops == nil) == (bandwidth == nil), gflops ?? 1 > 0, bandwidth ?? 1 > 0 else {
      throw InputError("'--gflops' and '--bandwidth' must be positive and be given together")
    }
  }

  /// Returns what was given, or else what this machine measured once.
  func speed() throws -> MachineSpeed { try given ?? .cached(version: FedKSeed.version) }

  /// Returns what was given, or else what this machine can do now.
  func speedNow() throws -> MachineSpeed { try given ?? .measuredNow() }

  private var given: MachineSpeed? {
    guard let gflops, let bandwidth else { return nil }
    return MachineSpeed(gigaflops: gflops, bandwidth: bandwidth)
  }
}
