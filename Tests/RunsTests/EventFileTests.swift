import Foundation
import Runs
import Testing

@Suite("Event files")
struct EventFileTests {
  @Test("a message has the bytes of the documentation of Protocol Buffers")
  func messages() {
    #expect(Message().integer(1, 150).bytes == [0x08, 0x96, 0x01])
    #expect(Message().string(2, "testing").bytes == [0x12, 0x07] + Array("testing".utf8))
    #expect(Message().message(3, Message().integer(1, 150)).bytes == [0x1A, 3, 0x08, 0x96, 0x01])
    #expect(Message().integer(1, -1).bytes == [0x08] + [UInt8](repeating: 0xFF, count: 9) + [1])
    #expect(Message().float(2, 1).bytes == [0x15, 0, 0, 0x80, 0x3F])
    #expect(Message().double(1, 1).bytes == [0x09, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F])
    #expect(Message().integer(16, 0).bytes == [0x80, 0x01, 0])
  }

  @Test("a record is a length, its checksum, the data and theirs")
  func record() {
    let record = EventFile.record([1, 2, 3])
    #expect(record.count == 8 + 4 + 3 + 4)
    #expect(record[..<8] == [3, 0, 0, 0, 0, 0, 0, 0] && record[12..<15] == [1, 2, 3])
  }

  @Test("a file begins with its version, and one that goes on says from where")
  func files() throws {
    let folder = try TemporaryFolder()
    let first = try EventFile(folder: folder.path + "/tb", after: nil, now: { 1.5 })
    try first.write([("loss/training", 2)], step: 7)
    let second = try EventFile(folder: folder.path + "/tb", after: 6, now: { 1.5 })
    #expect(first.path != second.path && first.path.contains("events.out.tfevents.1."))
    let time = Message().double(1, 1.5)
    let version = time.bytes + Message().integer(2, 0).string(3, "brain.Event:2").bytes
    let value = Message().string(1, "loss/training").float(2, 2)
    let scalar =
      time.bytes + Message().integer(2, 7).message(5, Message().message(1, value)).bytes
    let start = time.bytes + Message().integer(2, 7).message(7, Message().integer(1, 1)).bytes
    #expect(try bytes(first) == EventFile.record(version) + EventFile.record(scalar))
    #expect(try bytes(second) == EventFile.record(version) + EventFile.record(start))
  }

  private func bytes(_ file: EventFile) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: file.path)))
  }
}
