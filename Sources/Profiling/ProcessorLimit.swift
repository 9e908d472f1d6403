internal import Foundation

/// The processors that this process may use.
public struct ProcessorLimit: Sendable, Equatable {
  /// The CPUs that the scheduler may put it on: its affinity.
  public let allowedCPUs: Int

  /// The processors' time that its control groups grant, in CPUs; `nil` if they grant all of those.
  ///
  /// Containers are limited so. Threads beyond it are all stopped for the rest of each period.
  public let quota: Double?

  /// The number of threads that can run at once, at least 1.
  public var threadCount: Int { max(1, quota.map { Int($0.rounded(.up)) } ?? allowedCPUs) }

  /// The limits of this process.
  public static let current = ProcessorLimit(
    allowedCPUs: ProcessInfo.processInfo.activeProcessorCount,
    quota: quota(groupFile: "/proc/self/cgroup", root: "/sys/fs/cgroup"))

  /// Creates a limit.
  public init(allowedCPUs: Int, quota: Double?) {
    self.allowedCPUs = allowedCPUs
    self.quota = quota.flatMap { $0 < Double(allowedCPUs) ? $0 : nil }
  }

  /// Returns the smallest quota of the groups that `groupFile` names, and of those above them.
  ///
  /// - Parameters:
  ///   - groupFile: Lines `id:controllers:path`; that of version 2 begins `0::`.
  ///   - root: Where the groups are folders.
  package static func quota(groupFile: String, root: String) -> Double? {
    let lines = text(groupFile)?.split(separator: "\n") ?? []
    return lines.flatMap { line -> [Double] in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return [] }
      if fields[1].isEmpty { return quotas(from: String(fields[2]), below: root, unified) }
      guard fields[1].split(separator: ",").contains("cpu") else { return [] }
      return quotas(from: String(fields[2]), below: "\(root)/\(fields[1])", legacy)
        + quotas(from: String(fields[2]), below: "\(root)/cpu", legacy)
    }.min()
  }

  /// Reads the quotas of the group at `path` and of every group above it.
  private static func quotas(
    from path: String, below root: String, _ read: (String) -> Double?
  ) -> [Double] {
    let parts = path.split(separator: "/")
    return (0...parts.count).compactMap { count in
      read(([root] + parts[..<count].map(String.init)).joined(separator: "/"))
    }
  }

  /// Version 2: `cpu.max` holds the microseconds a period, or `max`, and the period.
  private static func unified(_ folder: String) -> Double? {
    let words = text("\(folder)/cpu.max")?.split(whereSeparator: \.isWhitespace) ?? []
    return words.count == 2 ? ratio(words[0], words[1]) : nil
  }

  /// Version 1: two files; a quota of −1 is none.
  private static func legacy(_ folder: String) -> Double? {
    guard let quota = text("\(folder)/cpu.cfs_quota_us"),
      let period = text("\(folder)/cpu.cfs_period_us")
    else { return nil }
    return ratio(quota, period)
  }

  private static func ratio(_ quota: some StringProtocol, _ period: some StringProtocol) -> Double?
  {
    let numbers = [String(quota), String(period)].compactMap {
      Double($0.trimmingCharacters(in: .whitespacesAndNewlines))
    }
    guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
    return numbers[0] / numbers[1]
  }

  private static func text(_ path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }
}
