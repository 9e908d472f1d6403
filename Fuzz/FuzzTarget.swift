import Crypto
import Foundation

/// A reader, and how an input is given to it.
struct FuzzTarget {
  /// The name on the command line and of the folder of seeds.
  let name: String
  /// Makes what all inputs share, and returns what reads one: it throws what it refuses.
  let prepare: () throws -> (FuzzInput) throws -> Void

  init(_ name: String, _ prepare: @escaping () throws -> (FuzzInput) throws -> Void) {
    self.name = name
    self.prepare = prepare
  }

  /// Creates a target that shares nothing between inputs.
  init(_ name: String, read: @escaping (FuzzInput) throws -> Void) {
    self.init(name) { read }
  }

  /// All of them.
  static var all: [FuzzTarget] { models + tokenizers + texts + runs + messages }
}

/// The bytes that libFuzzer has made.
struct FuzzInput {
  let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The first byte, to choose by, and the input behind it.
  var choice: (UInt8, FuzzInput)? {
    bytes.first.map { ($0, FuzzInput(Array(bytes.dropFirst()))) }
  }

  /// The input with what proves that it is whole behind it, so that readers look farther.
  func checked(_ count: Int = 32) -> FuzzInput {
    FuzzInput(bytes + SHA256.hash(data: bytes).prefix(count))
  }

  /// Writes the bytes to a file, in place.
  func write(to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(file) }
    // SAFETY: the bytes are only read, during the call.
    let count = unsafe bytes.withUnsafeBytes {
      unsafe Foundation.write(file, $0.baseAddress, $0.count)
    }
    guard count == bytes.count else { throw FuzzError(description: "cannot write \(path)") }
  }
}

/// What keeps a target from starting.
struct FuzzError: Error, CustomStringConvertible { let description: String }

/// A folder of this process, in memory.
struct Scratch {
  let path: String

  init() throws {
    path = "/dev/shm/fedkseed-fuzz-\(getpid())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(atPath: "/dev/shm/fedkseed-fuzz-\(getpid())") }
  }

  /// The path of a file in it.
  func file(_ name: String) -> String { path + "/" + name }

  /// Copies a file of the small model into it.
  func copy(_ name: String) throws {
    try FileManager.default.copyItem(atPath: "Fuzz/Model/" + name, toPath: file(name))
  }
}
