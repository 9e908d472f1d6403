/// Files of a run that cannot be used, or a setting that does not fit them.
package struct RunError: Error, CustomStringConvertible {
  /// One sentence: the file or setting, the value found, the value expected, what to do.
  package let description: String

  /// Creates an error of that sentence.
  package init(_ description: String) { self.description = description }
}

/// The user wants the run to stop.
package struct Interrupted: Error {
  /// Creates the wish.
  package init() {}
}
