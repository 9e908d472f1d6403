internal import Foundation
internal import Glibc

/// What the kernel says about this process's memory, by kind.
public struct ProcessMemory: Codable, Equatable, Sendable {
  /// Bytes of files in RAM that nobody has changed: the model, the program and its libraries.
  public let clean: Int
  /// Bytes that only this process has and has written, files included.
  public let dirty: Int
  /// Bytes without a file behind them.
  public let anonymous: Int
  /// Bytes of ``anonymous`` in huge pages.
  public let hugePages: Int
  /// The page faults that were served from RAM, since the process began.
  public let minorFaults: Int
  /// The page faults that waited for the disk, since the process began.
  public let majorFaults: Int

  /// Reads the memory of this process now.
  ///
  /// - Throws: ``ProcFileError`` where the operating system does not tell.
  /// - Complexity: O(mappings); milliseconds.
  public static func current() throws(ProcFileError) -> ProcessMemory {
    try ProcessMemory(ProcFile(path: "/proc/self/smaps_rollup"))
  }

  init(_ file: ProcFile) throws(ProcFileError) {
    clean = try file.bytes("Shared_Clean") + file.bytes("Private_Clean")
    dirty = try file.bytes("Private_Dirty")
    anonymous = try file.bytes("Anonymous")
    hugePages = try file.bytes("AnonHugePages")
    var usage = rusage()
    _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    minorFaults = usage.ru_minflt
    majorFaults = usage.ru_majflt
  }
}

/// A limit on private memory that the system enforces.
public enum MemoryLimit {
  /// Lets the private memory of this process grow to at most `bytes` from now on.
  ///
  /// The system counts what is reserved, touched or not. What libraries have reserved and not touched
  /// until now, such as stacks and OpenBLAS's buffers of 128 MB, is granted on top; whoever measures the
  /// peak afterwards sees whether they touched more of it. An allocation beyond the limit fails, and the
  /// process ends.
  ///
  /// - Throws: ``ProcFileError`` if the system refuses.
  public static func set(bytes: Int) throws(ProcFileError) {
    let untouched = try reserved() - ProcFile(path: "/proc/self/status").bytes("RssAnon")
    let total = UInt(clamping: bytes + max(untouched, 0))
    var limit = rlimit(rlim_cur: total, rlim_max: total)
    guard unsafe setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0 else {
      throw ProcFileError(
        path: "RLIMIT_DATA", problem: "cannot be set: \(unsafe String(cString: strerror(errno)))")
    }
  }

  /// Bytes of private writable memory that are reserved now: what the limit is compared with.
  ///
  /// - Throws: ``ProcFileError`` where the operating system does not tell.
  public static func reserved() throws(ProcFileError) -> Int {
    try ProcFile(path: "/proc/self/status").bytes("VmData")
  }
}
