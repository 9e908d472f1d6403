internal import Glibc

/// Returns whether there is a folder at `path`.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Returns whether there is a file or folder at `path`.
func fileExists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

/// Maps the file at `path`.
func openFile(_ path: String) throws(WeightsError) -> MappedFile {
  do { return try MappedFile(path: path) } catch { throw .file(error) }
}
