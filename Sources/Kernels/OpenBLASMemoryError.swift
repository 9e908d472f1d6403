internal import Glibc

/// The system has no room for the buffers of OpenBLAS.
public struct OpenBLASMemoryError: Error, Equatable {
  /// A limit that the operator has set for this process.
  public struct Limit: Sendable, Equatable {
    /// What is limited.
    public let name: String
    /// How the shell calls it.
    public let command: String
    /// In bytes.
    public let byteCount: UInt64
  }

  /// How many threads were to multiply at once.
  public let threads: Int

  /// For how many there is room.
  public let room: Int

  /// The limits that are set.
  public let limits: [Limit]

  /// The address space that was asked for, in bytes.
  public var byteCount: Int { threads * OpenBLAS.bufferByteCount }

  static var currentLimits: [Limit] {
    [
      limit(RLIMIT_DATA, "private memory", "ulimit -d"),
      limit(RLIMIT_AS, "address space", "ulimit -v"),
    ].compactMap(\.self)
  }

  private static func limit(
    _ resource: __rlimit_resource, _ name: String, _ command: String
  ) -> Limit? {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0,
      limit.rlim_cur != rlim_t.max
    else { return nil }
    return Limit(name: name, command: command, byteCount: UInt64(limit.rlim_cur))
  }
}

extension OpenBLASMemoryError: CustomStringConvertible {
  /// What is needed, what there is, and what to do about it.
  public var description: String {
    """
    products on \(threads == 1 ? "1 thread" : "\(threads) threads") need \(mebibytes(byteCount)) of \
    address space for OpenBLAS, \(mebibytes(OpenBLAS.bufferByteCount)) for each, but there is room for \
    \(room == 0 ? "none" : "\(room)")\(limitText); \(room == 0 ? "" : "use fewer threads, or ")\
    \(limits.isEmpty ? "free memory" : "raise the limit by \(mebibytes(missing)) or more")
    """
  }

  private var missing: Int { (threads - room) * OpenBLAS.bufferByteCount }

  private var limitText: String {
    if limits.isEmpty { return "" }
    let texts = limits.map {
      "\(mebibytes(Int(clamping: $0.byteCount))) of \($0.name) (\($0.command))"
    }
    return " under the limit of " + texts.joined(separator: " and ")
  }

  private func mebibytes(_ count: Int) -> String { "\(count >> 20) MiB" }
}
