internal import Foundation
internal import Glibc
internal import Synchronization

/// The names of what is written beside its path and renamed to it when it is whole: `NAME.PID-N.tmp`.
///
/// Whoever writes such a file or folder holds its ``FileLock``. So one without a lock is of a process that
/// was killed, and is removed by the next that writes to the same path.
package enum TemporaryName {
  // Makes them distinct within the process.
  private static let lastNumber = Atomic(0)

  /// Returns a new one for `path`, without a slash at its end.
  package static func make(for path: String) -> String {
    let number = lastNumber.wrappingAdd(1, ordering: .relaxed).newValue
    return "\(path).\(getpid())-\(number).tmp"
  }

  /// Makes a folder of such a name, and returns its path and its lock, if the system has locks.
  ///
  /// - Throws: ``FileError`` if it cannot be made.
  package static func makeFolder(for path: String) throws(FileError) -> (String, FileLock?) {
    while true {
      let temporary = make(for: path)
      guard unsafe mkdir(temporary, 0o777) == 0 else {
        guard errno == EEXIST else {
          throw FileError(path: path, operation: .create, code: errno)
        }
        continue
      }
      let lock = FileLock(path: temporary, waits: true)
      // Else it was removed before it had its lock.
      if isFolder(temporary) { return (temporary, lock) }
    }
  }

  /// Removes what killed processes have left for `path`, files and folders.
  package static func removeAbandoned(for path: String) {
    let place = folder(of: path)
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    removeAbandoned(in: place) { original(of: $0) == name }
  }

  /// Removes all that killed processes have left in a folder.
  package static func removeAbandoned(in folder: String) {
    removeAbandoned(in: folder, where: isTemporary)
  }

  /// Returns whether `name` is a temporary one, of whatever.
  package static func isTemporary(_ name: String) -> Bool { original(of: name) != nil }

  /// Returns the name that a file of such a name would get; `nil` of any other name.
  private static func original(of name: String) -> String? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 3, parts.last == "tmp" else { return nil }
    let numbers = parts[parts.count - 2].split(separator: "-", omittingEmptySubsequences: false)
    guard numbers.count == 2, numbers.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isNumber) })
    else { return nil }
    return parts.dropLast(2).joined(separator: ".")
  }

  private static func removeAbandoned(in folder: String, where isOurs: (String) -> Bool) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where isOurs(name) {
      let path = folder + "/" + name
      // Held until it is removed, so that nobody else removes it too.
      guard let lock = FileLock(path: path) else { continue }
      withExtendedLifetime(lock) { try? FileManager.default.removeItem(atPath: path) }
    }
  }
}
