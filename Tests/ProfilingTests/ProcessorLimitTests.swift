import Foundation
import Profiling
import Testing

@Suite("The processors a process may use")
struct ProcessorLimitTests {
  /// Writes the files of a machine's control groups and returns the quota read from them.
  private func quota(_ groups: String, _ files: [String: String]) throws -> Double? {
    let root = FileManager.default.temporaryDirectory.appending(path: "\(UUID())")
    defer { try? FileManager.default.removeItem(at: root) }
    for (path, text) in files.merging(["groups": groups], uniquingKeysWith: { $1 }) {
      let url = root.appending(path: path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    return ProcessorLimit.quota(
      groupFile: root.appending(path: "groups").path, root: root.path)
  }

  @Test(
    "the smallest quota of a group and those above it counts",
    arguments: [
      ("0::/\n", ["cpu.max": "150000 100000\n"], 1.5),
      ("0::/a/b\n", ["a/cpu.max": "50000 100000\n", "a/b/cpu.max": "max 100000\n"], 0.5),
      ("0::/a/b\n", ["a/cpu.max": "300000 100000\n", "a/b/cpu.max": "200000 100000\n"], 2),
      (
        "4:cpu,cpuacct:/box\n0::/\n",
        [
          "cpu/box/cpu.cfs_quota_us": "400000\n", "cpu/box/cpu.cfs_period_us": "100000\n",
        ], 4
      ),
    ])
  func quotas(groups: String, files: [String: String], expected: Double) throws {
    #expect(try quota(groups, files) == expected)
  }

  @Test(
    "without a quota, or with files that make no sense, there is none",
    arguments: [
      ("0::/\n", ["cpu.max": "max 100000\n"]), ("0::/\n", [:]), ("", [:]), ("x\ny:z\n", [:]),
      ("0::/\n", ["cpu.max": "-1 100000\n"]), ("0::/\n", ["cpu.max": "many few\n"]),
      ("0::/\n", ["cpu.max": "100000 0\n"]),
      (
        "4:cpu:/\n", ["cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"]
      ),
    ])
  func none(groups: String, files: [String: String]) throws {
    #expect(try quota(groups, files) == nil)
  }

  @Test(
    "as many threads can run as CPUs are allowed and the quota grants",
    arguments: [(8, nil, 8), (8, 2.5, 3), (2, 16, 2), (4, 0.1, 1)])
  func threads(allowed: Int, quota: Double?, expected: Int) {
    #expect(ProcessorLimit(allowedCPUs: allowed, quota: quota).threadCount == expected)
  }
}
