internal import Glibc

/// Returns whether there is a folder at `path`.
package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Returns whether there is a file at `path`, and no folder, pipe or device.
package func isRegularFile(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
}

/// Returns whether there is a file or folder at `path`.
package func fileExists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

/// Returns whether what is at `path` can be read only once: standard input or a pipe.
package func isPipe(_ path: String) -> Bool {
  guard path != standardInput else { return true }
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFIFO
}
