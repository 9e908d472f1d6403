import Foundation
import Profiling
import Testing

@Suite("Memory meter")
struct MemoryMeterTests {
  /// A file of `byteCount` bytes that deletes itself.
  static func withFile<Result>(
    _ contents: Data, _ body: (String) throws -> Result
  ) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).tmp")
    try contents.write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  /// Bytes that the test itself may take besides.
  static let slack = 8 << 20

  // The next two run in processes of their own, because other tests allocate at the same time.

  @Test("touched heap memory is private, and its peak remains after it is freed")
  func privateMemory() async {
    await #expect(processExitsWith: .success) {
      let meter = MemoryMeter()
      let before = try meter.sample()
      let count = 64 << 20
      let block = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 4096)
      unsafe block.initializeMemory(as: UInt8.self, repeating: 1)
      let during = try meter.sample()
      unsafe block.deallocate()
      let after = try meter.sample()
      #expect(abs(during.privateBytes - before.privateBytes - count) < MemoryMeterTests.slack)
      #expect(abs(during.mappedBytes - before.mappedBytes) < MemoryMeterTests.slack)
      #expect(after.privateBytes < during.privateBytes - count / 2)
      #expect(meter.peakPrivateBytes == during.privateBytes && meter.problem == nil)
    }
  }

  @Test("the touched pages of a mapped file are mapped, not private")
  func mappedMemory() async {
    await #expect(processExitsWith: .success) {
      let count = 64 << 20
      try MemoryMeterTests.withFile(Data(repeating: 1, count: count)) { path in
        let meter = MemoryMeter()
        let before = try meter.sample()
        let file = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
        let sum = stride(from: 0, to: count, by: 4096).reduce(0) { $0 + Int(file[$1]) }
        let during = try meter.sample()
        #expect(sum == count / 4096)
        #expect(abs(during.mappedBytes - before.mappedBytes - count) < MemoryMeterTests.slack)
        #expect(abs(during.privateBytes - before.privateBytes) < MemoryMeterTests.slack)
        #expect(meter.peakMappedBytes == during.mappedBytes)
      }
    }
  }

  @Test("background sampling sees a peak that nobody sampled, and ends when cancelled")
  func background() async throws {
    let meter = MemoryMeter()
    let sampling = meter.startSampling(every: .milliseconds(2))
    let deadline = ContinuousClock.now.advanced(by: .seconds(20))
    while meter.peakPrivateBytes == 0, ContinuousClock.now < deadline {
      try await Task.sleep(for: .milliseconds(2))
    }
    sampling.cancel()
    #expect(meter.peakPrivateBytes > 0)
    await #expect(throws: CancellationError.self) { try await sampling.value }
  }

  static let status = """
    Name:\tx\nRssAnon:\t     100 kB\nRssFile:\t20 kB\nRssShmem:\t3 kB\nVmSwap:\t4 kB\n
    """

  @Test("swapped memory counts as private and shared memory as mapped")
  func categories() throws {
    let usage = try Self.withFile(Data(Self.status.utf8)) { try MemoryMeter(path: $0).sample() }
    #expect(usage == MemoryUsage(privateBytes: 104 << 10, mappedBytes: 23 << 10))
  }

  @Test(
    "a status file without usable numbers is a typed error that says so, not a zero or a trap",
    arguments: [
      ("", "has no line 'RssAnon'"),
      (status.replacing("RssFile", with: "x"), "has no line 'RssFile'"),
      (status.replacing("100 kB", with: "100 MB"), "has '100 MB' on the line 'RssAnon'"),
      (status.replacing("100 kB", with: "-1 kB"), "has '-1 kB' on the line 'RssAnon'"),
      (status.replacing("100 kB", with: ""), "has '' on the line 'RssAnon'"),
      (
        status.replacing("100 kB", with: "9223372036854775807 kB"),
        "has '9223372036854775807 kB' on the line 'RssAnon'"
      ),
    ])
  func malformed(text: String, problem: String) throws {
    try Self.withFile(Data(text.utf8)) { path in
      let meter = MemoryMeter(path: path)
      let error = #expect(throws: ProcFileError.self) { try meter.sample() }
      #expect(error?.description.hasPrefix("\(path) \(problem)") == true)
      #expect(meter.problem == error && meter.peakPrivateBytes == 0)
    }
  }

  @Test("a missing /proc is a typed error, and background sampling then stops")
  func missing() async throws {
    let meter = MemoryMeter(path: "/nonexistent/status")
    await #expect(throws: ProcFileError.self) {
      try await meter.startSampling(every: .milliseconds(1)).value
    }
    #expect(meter.problem?.description == "/nonexistent/status cannot be read")
  }
}

@Suite("Machine description")
struct MachineDescriptionTests {
  @Test("it agrees with what the system says elsewhere")
  func plausible() throws {
    let machine = try MachineDescription.current()
    #expect(machine.logicalCores >= 1)
    #expect(machine.physicalMemory == Int(ProcessInfo.processInfo.physicalMemory))
    #expect((1...machine.physicalMemory).contains(machine.availableMemory))
    #expect(machine.cpuModel?.isEmpty != true)
  }
}
