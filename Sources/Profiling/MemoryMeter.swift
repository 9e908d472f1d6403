internal import Synchronization

/// The physical memory a process occupies at one moment.
public struct MemoryUsage: Codable, Equatable, Sendable {
  /// Bytes of anonymous memory, in RAM or swapped out: what the process itself needs.
  public var privateBytes: Int
  /// Bytes of mapped files in RAM: shared with other processes, and given back under pressure.
  public var mappedBytes: Int

  /// No memory.
  public static let zero = MemoryUsage(privateBytes: 0, mappedBytes: 0)

  /// Creates a usage.
  public init(privateBytes: Int, mappedBytes: Int) {
    self.privateBytes = privateBytes
    self.mappedBytes = mappedBytes
  }

  func largest(_ other: MemoryUsage) -> MemoryUsage {
    MemoryUsage(
      privateBytes: max(privateBytes, other.privateBytes),
      mappedBytes: max(mappedBytes, other.mappedBytes))
  }
}

/// Measures the memory of this process and remembers the peaks.
///
/// It reads Linux's running counters `RssAnon + VmSwap` (private) and `RssFile + RssShmem` (mapped)
/// from `/proc/self/status`, which takes about 0.2 ms however large the process is. A peak between
/// two samples is missed. The counters may lag behind by some dozen pages a thread.
///
///     let meter = MemoryMeter()
///     let sampling = meter.startSampling(every: .milliseconds(100))
///     defer { sampling.cancel() }
public final class MemoryMeter: Sendable {
  private struct State {
    var peak = MemoryUsage.zero
    var problem: ProcFileError?
  }
  private let state = Mutex(State())
  private let path: String

  /// Creates a meter whose peaks are zero until the first sample.
  public convenience init() { self.init(path: "/proc/self/status") }

  /// Creates a meter that reads another file of the form of `/proc/self/status`.
  package init(path: String) { self.path = path }

  /// Returns the memory in use now, and raises the peaks to it.
  ///
  /// - Throws: ``ProcFileError`` where the operating system does not tell; the error is kept in
  ///   ``problem``.
  @discardableResult
  public func sample() throws(ProcFileError) -> MemoryUsage {
    do throws(ProcFileError) {
      let usage = try Self.usage(in: ProcFile(path: path))
      state.withLock { $0.peak = $0.peak.largest(usage) }
      return usage
    } catch {
      state.withLock { $0.problem = error }
      throw error
    }
  }

  /// The largest private memory in any sample, in bytes.
  public var peakPrivateBytes: Int { state.withLock(\.peak.privateBytes) }

  /// The largest amount of mapped files in any sample, in bytes.
  public var peakMappedBytes: Int { state.withLock(\.peak.mappedBytes) }

  /// Why the last failed sample failed, which may be why the peaks are zero.
  public var problem: ProcFileError? { state.withLock(\.problem) }

  /// Samples now and then until the returned task is cancelled or a sample fails.
  ///
  /// - Parameter interval: The time between samples; at 100 ms they cost about 0.2 % of a core.
  public func startSampling(every interval: Duration) -> Task<Void, any Error> {
    Task.detached(priority: .utility) { [self] in
      while true {
        try sample()
        try await Task.sleep(for: interval)
      }
    }
  }

  private static func usage(in file: ProcFile) throws(ProcFileError) -> MemoryUsage {
    MemoryUsage(
      privateBytes: try file.bytes("RssAnon") + file.bytes("VmSwap"),
      mappedBytes: try file.bytes("RssFile") + file.bytes("RssShmem"))
  }
}
