import Foundation
import Glibc
import Kernels
import Tensors
import Testing

/// Each test runs in a process of its own, which a signal ends should a product wait without end.
@Suite("Memory of OpenBLAS")
struct OpenBLASMemoryTests {
  private static let watchdogSeconds: UInt32 = 60

  /// Bytes of private memory that this process has reserved, touched or not.
  private static func reservedBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmData:") })
    return try #require(
      line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) })
      << 10
  }

  /// Lets this process reserve `bytes` more than it has.
  private static func limitMemory(toFurther bytes: Int) throws {
    let total = UInt(try reservedBytes() + bytes)
    var limit = rlimit(rlim_cur: total, rlim_max: total)
    // SAFETY: the structure outlives the call.
    #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0)
  }

  private static func multiply() -> Float {
    let (x, y) = (Matrix(rows: 300, columns: 300), Matrix(rows: 300, columns: 300))
    OpenBLAS.multiply(x, transposed: x, into: y)
    return y[299, 299]
  }

  @Test("Under a limit, as many threads as fit can multiply, and one more is an error at once")
  func limited() async {
    await #expect(processExitsWith: .success) {
      alarm(Self.watchdogSeconds)
      try Self.limitMemory(toFurther: OpenBLAS.bufferByteCount * 5 / 2)
      let error = #expect(throws: OpenBLASMemoryError.self) {
        try OpenBLAS.reserveBuffers(threads: 3)
      }
      #expect(error?.room == 2)
      try OpenBLAS.reserveBuffers(threads: 1)
      try OpenBLAS.reserveBuffers(threads: 2)
      #expect(throws: OpenBLASMemoryError.self) { try OpenBLAS.reserveBuffers(threads: 3) }
      Threads(2).forEach(16) { _ in precondition(Self.multiply() == 0) }
    }
  }

  @Test(
    "A buffer of OpenBLAS has the size that is reserved for it, and products map no more of them")
  func size() async {
    await #expect(processExitsWith: .success) {
      alarm(Self.watchdogSeconds)
      Threads(2).forEach(2) { _ in }
      let before = try Self.reservedBytes()
      try OpenBLAS.reserveBuffers(threads: 2)
      let reserved = try Self.reservedBytes()
      #expect((reserved - before) / OpenBLAS.bufferByteCount == 2)
      Threads(2).forEach(16) { _ in precondition(Self.multiply() == 0) }
      #expect(try Self.reservedBytes() - reserved < OpenBLAS.bufferByteCount)
    }
  }

  @Test("OpenBLAS has started no threads of its own when it is loaded")
  func threads() async {
    await #expect(processExitsWith: .success) { #expect(OpenBLAS.threadCount == 1) }
  }

  @Test("The message says what is needed, what there is and what to do")
  func message() async {
    await #expect(processExitsWith: .success) {
      alarm(Self.watchdogSeconds)
      let total = 4 << 30
      var limit = rlimit(rlim_cur: UInt(total), rlim_max: UInt(total))
      // SAFETY: the structure outlives the call.
      #expect(unsafe setrlimit(__rlimit_resource_t(RLIMIT_DATA.rawValue), &limit) == 0)
      let error = #expect(throws: OpenBLASMemoryError.self) {
        try OpenBLAS.reserveBuffers(threads: 64)
      }
      let room = try #require(error?.room)
      #expect(
        error?.description == """
          products on 64 threads need 8192 MiB of address space for OpenBLAS, 128 MiB for each, but \
          there is room for \(room) under the limit of 4096 MiB of private memory (ulimit -d); use \
          fewer threads, or raise the limit by \((64 - room) * 128) MiB or more
          """)
    }
  }
}
