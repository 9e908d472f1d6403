internal import Glibc

/// Returns whether there is a folder at `path`.
package func isFolder(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Returns whether there is a file or folder at `path`.
package func fileExists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }
