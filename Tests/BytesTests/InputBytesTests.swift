import Bytes
import Foundation
import Testing

@Suite("Reading whole inputs")
struct InputBytesTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "input-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try body(folder)
  }

  @Test("a file and a pipe give their bytes, to a limit", arguments: [false, true])
  func bytes(isPipe: Bool) throws {
    try inFolder { folder in
      let path = folder + "/input", content = [UInt8](repeating: 7, count: 300_000)
      for limit in [300_000, 299_999] {
        try? FileManager.default.removeItem(atPath: path)
        if isPipe {
          #expect(unsafe mkfifo(path, 0o600) == 0)
          Thread.detachNewThread {
            // The reader takes all of it, to see that it is too much: no writer is left behind.
            let handle = FileHandle(forWritingAtPath: path)
            try? handle?.write(contentsOf: content)
            try? handle?.close()
          }
        } else {
          try Data(content).write(to: URL(filePath: path))
        }
        #expect(Bytes.isPipe(path) == isPipe)
        if limit == content.count {
          #expect(try readInput(path, limit: limit) == content)
        } else {
          let error = #expect(throws: FileError.self) { try readInput(path, limit: limit) }
          #expect(error?.isTooLarge == true)
        }
      }
    }
  }

  @Test(
    "devices, folders and what is not there are refused",
    arguments: ["/dev/zero", "/dev/null", "/tmp", "/nonexistent", ""])
  func refusals(path: String) {
    #expect(throws: FileError.self) { try readInput(path, limit: 10) }
  }

  @Test("a regular file gives its bytes, and nothing else is waited for or read")
  func regularFiles() throws {
    try inFolder { folder in
      let path = folder + "/input"
      #expect(throws: FileError.self) { try readRegularFile(path) }
      try Data([1, 2, 3]).write(to: URL(filePath: path))
      #expect(try readRegularFile(path) == [1, 2, 3])
      let error = #expect(throws: FileError.self) { try readRegularFile(path, limit: 2) }
      #expect(error?.isTooLarge == true)
      #expect(unsafe mkfifo(path + ".pipe", 0o600) == 0)
      for other in [path + ".pipe", "/dev/zero", folder] {
        #expect(throws: FileError.self) { try readRegularFile(other) }
      }
      #expect(try readRegularFile("/proc/self/pagemap").isEmpty)
    }
  }

  @Test("a file of /proc, which says it is empty and is not, is not read for ever")
  func proc() throws {
    #expect(try readInput("/proc/self/pagemap", limit: 1 << 20).isEmpty)
  }
}
