/// The reason why a request is not granted.
///
/// `code` is for programs, `text` for people; see `Documentation/ClientProtocol.md`.
package struct ServiceError: Error, Equatable, CustomStringConvertible {
  /// What a peer may want to tell apart.
  package enum Code: String, Sendable, CaseIterable {
    /// The line is no JSON, longer or deeper than allowed, or a member is missing or wrong.
    case malformed
    /// The peer speaks another version of the protocol.
    case version
    /// The plan is not for this client, or is of other settings.
    case refused
    /// The plan is of a round that is over for this client.
    case stale
    /// The work was cancelled; it has left no trace.
    case cancelled
    /// The work could not be done.
    case failed
    /// There are too many connections.
    case busy
  }

  /// What a peer may want to tell apart.
  package let code: Code
  /// What is wrong, what was found, what was expected.
  package let text: String

  /// Creates an error.
  package init(_ code: Code, _ text: String) {
    self.code = code
    self.text = text
  }

  /// ``text``.
  package var description: String { text }
}

/// The work was cancelled.
package struct Cancelled: Error, Equatable {
  /// Creates the reason.
  package init() {}
}
