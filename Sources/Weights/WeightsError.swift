public import Bytes

/// The reason a model cannot be opened.
public enum WeightsError: Error, Equatable, CustomStringConvertible {
  /// The system refused an operation.
  case file(FileError)
  /// A file's content cannot be used.
  case format(FormatError)

  /// What is wrong, where, and what to do.
  public var description: String {
    switch self {
    case .file(let error): error.description
    case .format(let error): error.description
    }
  }
}

/// Maps the file at `path`.
func openFile(_ path: String) throws(WeightsError) -> MappedFile {
  do { return try MappedFile(path: path) } catch { throw .file(error) }
}
