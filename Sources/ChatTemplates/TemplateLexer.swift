// Cuts a template into text and tags, and tags into symbols, with the white space rules that
// `transformers` sets: `trim_blocks` and `lstrip_blocks`.

/// A part of a template.
struct TemplateSegment {
  enum Kind { case text, output, statement }
  let kind: Kind
  let line: Int
  /// The text, or the symbols of a tag.
  var text = ""
  var symbols: [TemplateSymbol] = []
}

/// A word of a tag.
struct TemplateSymbol: Equatable {
  enum Kind: Equatable { case name, string, integer, float, sign }
  let kind: Kind
  let text: String
}

/// Reads a template of a stranger.
struct TemplateLexer {
  // A tree of an expression is no deeper than its tag is long.
  private static let symbolLimit = 2000

  private let scalars: [Unicode.Scalar]
  private let fail: (Int, String) -> ChatTemplateError
  private var position = 0
  private var line = 1
  private var segments: [TemplateSegment] = []
  private var isLineStart = true
  private var stripsNext = false

  private init(_ text: String, _ fail: @escaping (Int, String) -> ChatTemplateError) {
    var scalars: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    scalars = scalars.map { $0 == "\r" ? "\n" : $0 }
    // A line break at the very end is not part of the template.
    if scalars.last == "\n" { scalars.removeLast() }
    self.scalars = scalars
    self.fail = fail
  }

  /// Returns the parts of a template.
  static func segments(
    of text: String, _ fail: @escaping (Int, String) -> ChatTemplateError
  ) throws(ChatTemplateError) -> [TemplateSegment] {
    var lexer = TemplateLexer(text, fail)
    try lexer.run()
    return lexer.segments
  }

  private func isNext(_ text: String, at place: Int) -> Bool {
    scalars[place...].starts(with: text.unicodeScalars)
  }

  private mutating func run() throws(ChatTemplateError) {
    while position < scalars.count {
      let start = position
      while position < scalars.count, !isTag(at: position) { position += 1 }
      try addText(start..<position)
      if position < scalars.count { try addTag() }
    }
  }

  private func isTag(at place: Int) -> Bool {
    scalars[place] == "{" && place + 1 < scalars.count
      && ["{", "%", "#"].contains(scalars[place + 1])
  }

  /// Adds the text before a tag, without the white space that the tags beside it take.
  private mutating func addText(_ range: Range<Int>) throws(ChatTemplateError) {
    var text = Array(scalars[range])
    let startLine = line
    line += text.count { $0 == "\n" }
    if stripsNext { text = Array(text.drop { $0.properties.isWhitespace }) }
    if position < scalars.count {
      let sign = position + 2 < scalars.count ? scalars[position + 2] : " "
      if sign == "-" {
        while text.last?.properties.isWhitespace == true { text.removeLast() }
      } else if sign != "+", scalars[position + 1] != "{" {
        stripLineStart(&text)
      }
    }
    stripsNext = false
    if !text.isEmpty {
      segments.append(TemplateSegment(kind: .text, line: startLine, text: string(text[...])))
    }
  }

  /// Takes white space away that stands alone before a tag on its line.
  private func stripLineStart(_ text: inout [Unicode.Scalar]) {
    let start = text.lastIndex(of: "\n").map { $0 + 1 } ?? 0
    guard start > 0 || isLineStart, text[start...].allSatisfy(\.properties.isWhitespace) else {
      return
    }
    text.removeSubrange(start...)
  }

  private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
    String(String.UnicodeScalarView(scalars))
  }

  private mutating func addTag() throws(ChatTemplateError) {
    let kind = scalars[position + 1]
    let startLine = line
    position += 2
    if position < scalars.count, ["-", "+"].contains(scalars[position]) { position += 1 }
    if kind == "#" {
      guard let end = end(of: "#}") else { throw fail(startLine, "'{#' without '#}'") }
      position = end
      closeTag("#}")
      return
    }
    let closing = kind == "{" ? "}}" : "%}"
    let symbols = try symbols(until: closing, startLine)
    closeTag(closing)
    if symbols.first?.text == "raw", kind == "%" { return try addRawText(startLine) }
    segments.append(
      TemplateSegment(
        kind: kind == "{" ? .output : .statement, line: startLine, symbols: symbols))
  }

  private func end(of closing: String) -> Int? {
    var place = position
    while place < scalars.count {
      if isNext(closing, at: place) {
        return ["-", "+"].contains(scalars[place - 1]) && place > position ? place - 1 : place
      }
      place += 1
    }
    return nil
  }

  /// Goes past the end of a tag, and past the line break that it takes.
  private mutating func closeTag(_ closing: String) {
    let sign = scalars[position]
    if sign == "-" || sign == "+" { position += 1 }
    position += 2
    stripsNext = sign == "-"
    isLineStart = false
    if !stripsNext, sign != "+", closing != "}}", position < scalars.count,
      scalars[position] == "\n"
    {
      position += 1
      line += 1
      isLineStart = true
    }
  }

  /// Whether the tag that comes next may be `endraw`.
  private var isEndOfRawText: Bool {
    let rest = scalars[position...].dropFirst(2).prefix(64)
    let word = rest.drop { $0.properties.isWhitespace || $0 == "-" || $0 == "+" }
    return word.starts(with: "endraw".unicodeScalars)
  }

  private mutating func addRawText(_ startLine: Int) throws(ChatTemplateError) {
    let start = position
    while position < scalars.count {
      if isNext("{%", at: position), isEndOfRawText {
        let end = position
        let saved = self
        position += 2
        if position < scalars.count, ["-", "+"].contains(scalars[position]) { position += 1 }
        if let symbols = try? symbols(until: "%}", line), symbols.map(\.text) == ["endraw"] {
          let after = self
          self = saved
          try addText(start..<end)
          position = after.position
          closeTag("%}")
          return
        }
        self = saved
      }
      position += 1
    }
    throw fail(startLine, "'raw' without 'endraw'")
  }
}

// MARK: - Symbols

extension TemplateLexer {
  private static let signs = [
    "**", "//", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|", "~", "+",
    "-", "*", "/", "%", "<", ">", "=",
  ]

  /// Reads the words of a tag up to its end, where it stops.
  private mutating func symbols(
    until closing: String, _ startLine: Int
  ) throws(ChatTemplateError) -> [TemplateSymbol] {
    var symbols: [TemplateSymbol] = []
    var depth = 0
    while position < scalars.count {
      // A bracket may hold what looks like the end of the tag.
      if depth == 0 {
        let isSign = ["-", "+"].contains(scalars[position])
        if isNext(closing, at: isSign ? position + 1 : position) { return symbols }
      }
      guard symbols.count < Self.symbolLimit else {
        throw fail(line, "a tag of more than \(Self.symbolLimit) words")
      }
      let scalar = scalars[position]
      if scalar.properties.isWhitespace {
        if scalar == "\n" { line += 1 }
        position += 1
        continue
      }
      let symbol = try symbol()
      if symbol.kind == .sign {
        if ["{", "[", "("].contains(symbol.text) { depth += 1 }
        if ["}", "]", ")"].contains(symbol.text) { depth -= 1 }
      }
      symbols.append(symbol)
    }
    throw fail(startLine, "a tag without '\(closing)'")
  }

  private mutating func symbol() throws(ChatTemplateError) -> TemplateSymbol {
    let scalar = scalars[position]
    if scalar == "'" || scalar == "\"" { return try stringSymbol(scalar) }
    if "0"..."9" ~= scalar { return numberSymbol() }
    if isNameStart(scalar) {
      let start = position
      while position < scalars.count,
        isNameStart(scalars[position]) || "0"..."9" ~= scalars[position]
      { position += 1 }
      return TemplateSymbol(kind: .name, text: string(scalars[start..<position]))
    }
    guard let sign = Self.signs.first(where: { isNext($0, at: position) }) else {
      throw fail(line, "'\(scalar)' is not known here")
    }
    position += sign.unicodeScalars.count
    return TemplateSymbol(kind: .sign, text: sign)
  }

  private func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isAlphabetic
  }

  private mutating func numberSymbol() -> TemplateSymbol {
    let start = position
    skipDigits()
    var kind = TemplateSymbol.Kind.integer
    if position + 1 < scalars.count, scalars[position] == ".", "0"..."9" ~= scalars[position + 1] {
      kind = .float
      position += 1
      skipDigits()
    }
    let digits = scalars[start..<position].filter { $0 != "_" }
    return TemplateSymbol(kind: kind, text: string(digits[...]))
  }

  private mutating func skipDigits() {
    while position < scalars.count, "0"..."9" ~= scalars[position] || scalars[position] == "_" {
      position += 1
    }
  }

  private mutating func stringSymbol(
    _ quote: Unicode.Scalar
  ) throws(ChatTemplateError) -> TemplateSymbol {
    let startLine = line
    var text = String.UnicodeScalarView()
    position += 1
    while position < scalars.count, scalars[position] != quote {
      if scalars[position] == "\\" {
        position += 1
        try appendEscape(to: &text)
        continue
      }
      if scalars[position] == "\n" { line += 1 }
      text.append(scalars[position])
      position += 1
    }
    guard position < scalars.count else { throw fail(startLine, "a text without its last quote") }
    position += 1
    return TemplateSymbol(kind: .string, text: String(text))
  }

  private mutating func appendEscape(
    to text: inout String.UnicodeScalarView
  ) throws(ChatTemplateError) {
    guard position < scalars.count else { throw fail(line, "a text that ends in '\\'") }
    let letter = scalars[position]
    position += 1
    let lengths: [Unicode.Scalar: Int] = ["x": 2, "u": 4, "U": 8]
    if let length = lengths[letter] {
      let digits = string(scalars[position...].prefix(length))
      guard digits.count == length,
        let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init)
      else { throw fail(line, "'\\\(letter)\(digits)' is no character") }
      text.append(scalar)
      position += length
      return
    }
    let simple: [Unicode.Scalar: Unicode.Scalar] = [
      "n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", "\"": "\"", "0": "\0", "a": "\u{7}",
      "b": "\u{8}", "f": "\u{c}", "v": "\u{b}",
    ]
    if letter == "\n" { return }
    if let scalar = simple[letter] {
      text.append(scalar)
    } else {
      text.append("\\")
      text.append(letter)
    }
  }
}
