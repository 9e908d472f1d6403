import Bytes
import Foundation
import Testing

/// A folder that is removed with its last reference.
private final class Folder {
  let path = NSTemporaryDirectory() + "bytes-tests-\(UUID().uuidString)"

  init() throws { try makeFolder(path) }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
  }

  func write(_ text: String, to name: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
  }

  func read(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(filePath: path + "/" + name)), as: UTF8.self)
  }
}

@Suite("What killed processes leave")
struct AbandonedFileTests {
  @Test("is removed by the next that writes to the path, and nothing else is")
  func removal() throws {
    let folder = try Folder()
    let strangers = [
      "a.tmp", "a.1.tmp", "a.1-.tmp", "a.-1.tmp", "a.1-2.tmp.x", "b.7-1.tmp", "a.b.7-1.tmp",
    ]
    for name in strangers + ["a.7-1.tmp", "a.123-45.tmp"] { try folder.write("x", to: name) }
    try makeFolder(folder.path + "/a.9-9.tmp/inner")
    try checkOutputFile(folder.path + "/a")
    #expect(try folder.names == strangers.sorted())
    TemporaryName.removeAbandoned(in: folder.path)
    #expect(try folder.names == ["a.-1.tmp", "a.1-.tmp", "a.1-2.tmp.x", "a.1.tmp", "a.tmp"])
  }

  @Test("what another still writes stays")
  func living() throws {
    let folder = try Folder()
    let file = try AtomicFile(path: folder.path + "/a")
    let (temporary, lock) = try TemporaryName.makeFolder(for: folder.path + "/a")
    TemporaryName.removeAbandoned(for: folder.path + "/a")
    #expect(try folder.names.count == 2 && isFolder(temporary) && lock != nil)
    try file.write([1, 2], at: 0)
    try file.commit()
    #expect(try folder.read("a") == "\u{1}\u{2}")
  }
}

@Suite("Locks and folders")
struct FileLockTests {
  @Test("a file has one lock at a time, which goes with its holder")
  func locks() throws {
    let folder = try Folder()
    let path = folder.path + "/a"
    let first = try #require(try openLocked(path))
    #expect(try openLocked(path) == nil && FileLock(path: path) == nil)
    close(first)
    let lock = try #require(FileLock(path: path))
    #expect(try openLocked(path) == nil)
    withExtendedLifetime(lock) {}
  }

  @Test("a lock of a file that was replaced is none of the new one")
  func replaced() throws {
    let folder = try Folder()
    let path = folder.path + "/a"
    let old = try #require(try openLocked(path))
    try FileManager.default.removeItem(atPath: path)
    let new = try #require(try openLocked(path))
    #expect(try openLocked(path) == nil)
    [old, new].forEach { close($0) }
  }

  @Test("folders are made with those above; a file in their way is told")
  func folders() throws {
    let folder = try Folder()
    try makeFolder(folder.path + "/a/b/c/")
    try makeFolder(folder.path + "/a/b")
    #expect(isFolder(folder.path + "/a/b/c"))
    try folder.write("", to: "file")
    let error = #expect(throws: FileError.self) { try makeFolder(folder.path + "/file/x") }
    #expect(error?.path == folder.path + "/file/x" && error?.code == ENOTDIR)
  }

  @Test("a folder takes the place of another in one step, which is then where it was")
  func exchange() throws {
    let folder = try Folder()
    let (old, new) = (folder.path + "/old", folder.path + "/new")
    for path in [old, new] { try makeFolder(path) }
    try folder.write("1", to: "old/x")
    try folder.write("2", to: "new/x")
    try moveFolder(new, to: old)
    #expect(try folder.read("old/x") == "2" && folder.read("new/x") == "1")
    try moveFolder(new, to: folder.path + "/third")
    #expect(try folder.names == ["old", "third"])
  }
}

@Suite("JSON with a checksum")
struct ChecksummedJSONTests {
  private let json = Array(#"{"a":1,"b":[1,2,3]}"#.utf8)

  @Test("CRC-32C of what stands before it, as the last member")
  func known() {
    // The check value of the polynomial: CRC-32C of the digits 1 to 9 is e3069283.
    let sealed = ChecksummedJSON.adding(to: Array("123456789}".utf8))
    #expect(String(decoding: sealed, as: UTF8.self) == #"123456789,"checksum":"e3069283"}"#)
  }

  @Test("no changed bit is taken for intact but in what closes the object; without it all is")
  func flips() {
    let sealed = ChecksummedJSON.adding(to: json)
    #expect(ChecksummedJSON.isIntact(sealed) && ChecksummedJSON.isIntact(json))
    for place in 0..<sealed.count - 2 {
      for bit in 0..<8 {
        var damaged = sealed
        damaged[place] ^= 1 << bit
        #expect(!ChecksummedJSON.isIntact(damaged), "bit \(bit) of byte \(place)")
      }
    }
  }
}
