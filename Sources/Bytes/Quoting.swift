// Text of a stranger, made fit for one line of a terminal: an error, a table. What is written to a
// file or is the answer itself (generated text, JSON, which escapes on its own) is left as it is.

/// Returns `text` in quotes, at most `limit` Unicode scalars of it, as ``singleLine(_:limit:)``
/// shows it.
///
/// Quotes and backslashes are escaped too, so that the end is where it seems to be.
///
/// - Complexity: O(`limit`).
package func quoted(_ text: some StringProtocol, limit: Int = 80) -> String {
  if isPlain(text, limit) { return "\"\(text)\"" }
  let (start, isCut) = start(of: text, limit)
  return "\"" + start.map { escaped($0, inQuotes: true) }.joined() + (isCut ? "\"…" : "\"")
}

/// Returns `text`, at most `limit` Unicode scalars of it, without what moves the cursor, ends a
/// line, turns the direction of writing or is not seen: that is shown as an escape such as
/// `\u{1B}`.
///
/// - Complexity: O(`limit`).
package func singleLine(_ text: some StringProtocol, limit: Int = .max) -> String {
  if isPlain(text, limit) { return String(text) }
  let (start, isCut) = start(of: text, limit)
  return start.map { escaped($0, inQuotes: false) }.joined() + (isCut ? "…" : "")
}

/// Returns `text` as one word of a shell's command line, to be pasted: in single quotes where it
/// needs them, and with escapes (`$'\n'`) where it has what a terminal does not show.
///
/// - Complexity: O(n).
package func shellWord(_ text: String) -> String {
  if text.unicodeScalars.contains(where: isUnprintable) {
    return "$'" + text.unicodeScalars.map(ansiEscaped).joined() + "'"
  }
  let plain = text.utf8.allSatisfy { byte in
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
      || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "_@%+=:,./-".utf8.contains(byte)
  }
  guard !plain || text.isEmpty else { return text }
  // A quote cannot stand between quotes: they end before it and begin again behind it.
  return "'" + text.unicodeScalars.map { $0 == "'" ? "'\\''" : String($0) }.joined() + "'"
}

/// A scalar between `$'` and `'`, as bash, zsh and POSIX 2024 read it.
private func ansiEscaped(_ scalar: Unicode.Scalar) -> String {
  if scalar == "'" || scalar == "\\" { return "\\" + String(scalar) }
  guard isUnprintable(scalar) else { return String(scalar) }
  // Octal, as it ends by itself after three digits.
  return String(scalar).utf8.map { byte in
    let digits = String(byte, radix: 8)
    return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
  }.joined()
}

/// Whether a text is short and of ASCII without anything to escape, as most names are.
private func isPlain(_ text: some StringProtocol, _ limit: Int) -> Bool {
  text.utf8.count <= limit
    && text.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
}

/// Returns the first scalars, and whether there are more.
///
/// Scalars, as one `Character` has no limit.
private func start(
  of text: some StringProtocol, _ limit: Int
) -> (scalars: [Unicode.Scalar], isCut: Bool) {
  let scalars = text.unicodeScalars
  let end = scalars.index(scalars.startIndex, offsetBy: limit, limitedBy: scalars.endIndex)
  let start = scalars[..<(end ?? scalars.endIndex)]
  return (Array(start), start.endIndex < scalars.endIndex)
}

private func escaped(_ scalar: Unicode.Scalar, inQuotes: Bool) -> String {
  switch scalar {
  case "\n": return "\\n"
  case "\r": return "\\r"
  case "\t": return "\\t"
  case "\0": return "\\0"
  case "\"" where inQuotes, "\\" where inQuotes: return "\\" + String(scalar)
  default: break
  }
  guard isUnprintable(scalar) else { return String(scalar) }
  return "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
}

/// Whether a scalar is a control, a format (bidirectional overrides, byte-order marks) or a
/// separator of lines, for which a terminal has no glyph.
private func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: true
  default: false
  }
}
