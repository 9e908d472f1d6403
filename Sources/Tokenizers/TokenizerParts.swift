// The parts of a `tokenizer.json` that say what happens to text, and what they mean here.

internal import Bytes

/// A part of a file, which knows where it stands.
struct TokenizerPart {
  let value: JSON
  let file: String
  let field: String

  var type: String { value["type"]?.string ?? "" }

  /// Far more than any tokenizer has: each part works on all of a text.
  private static let partLimit = 32

  /// The parts of a sequence, or the part itself; none if there is nothing.
  func parts(named name: String) throws(TokenizerError) -> [TokenizerPart] {
    if value == .null { return [] }
    guard type == "Sequence", let values = value[name]?.array else { return [self] }
    var parts: [TokenizerPart] = []
    for value in values {
      parts += try TokenizerPart(value: value, file: file, field: field).parts(named: name)
      guard parts.count <= Self.partLimit else {
        throw .unsupported(
          file: file, field: field, found: "a sequence of more parts",
          supported: "at most \(Self.partLimit)")
      }
    }
    return parts
  }

  /// Checks that the steps together cannot make a text many times as long.
  ///
  /// - Parameter growths: What becomes of a byte at most, by step.
  func checkGrowth(_ growths: [Int]) throws(TokenizerError) {
    // Some four times that of the tokenizers known: a ligature in NFKC, and a mark of three bytes.
    let limit = 400
    var product = 1
    for growth in growths { product = min(product * max(1, growth), limit + 1) }
    guard product <= limit else {
      throw .unsupported(
        file: file, field: field, found: "replacements by texts that are together so long",
        supported: "those that make a text at most \(limit) times as long")
    }
  }

  /// The error that this asks for something else than what is supported.
  func unsupported(_ supported: String, _ key: String? = nil) -> TokenizerError {
    .unsupported(
      file: file, field: key.map { "\(field).\($0)" } ?? field,
      found: summary(of: key.map { value[$0] ?? .null } ?? value), supported: supported)
  }

  func bool(_ key: String, _ fallback: Bool) -> Bool { value[key]?.bool ?? fallback }

  func string(_ key: String) throws(TokenizerError) -> String {
    guard let text = value[key]?.string else { throw unsupported("a text", key) }
    return text
  }

  /// The pattern of `Split` and `Replace`: a text or an expression.
  func pattern() throws(TokenizerError) -> TextPattern {
    let pattern = value["pattern"] ?? .null
    do throws(ExpressionError) {
      if let text = pattern["String"]?.string { return try TextPattern(literal: text) }
      if let text = pattern["Regex"]?.string { return try TextPattern(expression: text) }
    } catch {
      throw .unsupported(
        file: file, field: "\(field).pattern",
        found:
          "\(summary(of: pattern["Regex"] ?? pattern)) with \(singleLine(error.found, limit: 60))",
        supported: "an expression without it")
    }
    throw unsupported("a 'String' or a 'Regex'", "pattern")
  }

  /// A number from 0 to 1000.
  func count(_ key: String) throws(TokenizerError) -> Int {
    guard let count = value[key]?.integer, 0...1000 ~= count else {
      throw unsupported("a number from 0 to 1000", key)
    }
    return count
  }
}

// MARK: - Normalizers

extension Normalizer {
  init(_ part: TokenizerPart) throws(TokenizerError) {
    steps = []
    for part in try part.parts(named: "normalizers") { steps.append(try Self.step(part)) }
    try part.checkGrowth(steps.map(\.growth))
  }

  private static func step(_ part: TokenizerPart) throws(TokenizerError) -> Step {
    switch part.type {
    case "NFC": return .nfc
    case "NFD": return .nfd
    case "NFKC": return .nfkc
    case "NFKD": return .nfkd
    case "Lowercase": return .lowercase
    case "StripAccents": return .stripAccents
    case "Strip":
      return .strip(left: part.bool("strip_left", true), right: part.bool("strip_right", true))
    case "Prepend": return .prepend(try part.string("prepend"))
    case "Replace": return .replace(try part.pattern(), by: try part.string("content"))
    case "Precompiled":
      let text = Array(try part.string("precompiled_charsmap").utf8)
      guard let map = Base64.bytes(text[...]).flatMap(CharacterMap.init) else {
        throw part.unsupported("a map in Base64", "precompiled_charsmap")
      }
      return .charactersMap(map, .cluster)
    default:
      throw part.unsupported(
        "'NFC', 'NFD', 'NFKC', 'NFKD', 'Lowercase', 'StripAccents', 'Strip', 'Prepend', 'Replace' or "
          + "'Precompiled'")
    }
  }
}

// MARK: - Pre-tokenizers

extension PreTokenizer {
  /// Reads the steps; `ByteLevel` tells whether what comes out are bytes.
  init(_ part: TokenizerPart, isByteLevel: inout Bool) throws(TokenizerError) {
    steps = []
    let parts = try part.parts(named: "pretokenizers")
    for (index, part) in parts.enumerated() {
      if part.type == "ByteLevel" {
        guard !isByteLevel else { throw part.unsupported("'ByteLevel' once") }
        isByteLevel = true
        if part.bool("add_prefix_space", true) { steps.append(.prefixSpace) }
        if part.bool("use_regex", true) { steps.append(.split(.gpt2, .isolated)) }
        if index < parts.count - 1 { steps.append(.spellBytes) }
      } else {
        steps += try Self.steps(part)
      }
    }
  }

  private static func steps(_ part: TokenizerPart) throws(TokenizerError) -> [Step] {
    switch part.type {
    case "Split":
      return [
        .split(try part.pattern(), try behavior(part), inverted: part.bool("invert", false))
      ]
    case "Digits":
      return [
        part.bool("individual_digits", false)
          ? .split(.number, .isolated) : .split(.numbers, .isolated)
      ]
    case "Whitespace": return [.split(.words, .removed, inverted: true)]
    case "WhitespaceSplit": return [.split(.white, .removed)]
    case "Punctuation":
      return [
        .split(.punctuation, part.value["behavior"] == nil ? .isolated : try behavior(part))
      ]
    case "BertPreTokenizer":
      return [.split(.white, .removed), .split(.punctuation, .isolated)]
    case "CharDelimiterSplit":
      return [.split(TextPattern.literal(try part.string("delimiter")), .removed)]
    case "Metaspace": return [try metaspace(part)]
    default:
      throw part.unsupported(
        "'ByteLevel', 'Split', 'Digits', 'Whitespace', 'WhitespaceSplit', 'Punctuation', "
          + "'BertPreTokenizer', 'CharDelimiterSplit' or 'Metaspace'")
    }
  }

  private static func behavior(_ part: TokenizerPart) throws(TokenizerError) -> Behavior {
    guard let behavior = Behavior(rawValue: try part.string("behavior")) else {
      throw part.unsupported(
        "'Removed', 'Isolated', 'MergedWithPrevious', 'MergedWithNext' or 'Contiguous'", "behavior")
    }
    return behavior
  }

  private static func metaspace(_ part: TokenizerPart) throws(TokenizerError) -> Step {
    .metaspace(
      mark: try part.mark(), try part.prefixOfMetaspace(), splits: part.bool("split", true))
  }
}

extension TokenizerPart {
  /// The mark of `Metaspace`.
  fileprivate func mark() throws(TokenizerError) -> String {
    let mark = value["replacement"]?.string ?? "▁"
    guard mark.unicodeScalars.count == 1 else { throw unsupported("a character", "replacement") }
    return mark
  }

  /// Where `Metaspace` puts a mark; older files say only whether it does.
  fileprivate func prefixOfMetaspace() throws(TokenizerError) -> PreTokenizer.Prefix {
    guard let scheme = value["prepend_scheme"], scheme != .null else {
      return bool("add_prefix_space", true) ? .always : .never
    }
    guard let prefix = scheme.string.flatMap(PreTokenizer.Prefix.init) else {
      throw unsupported("'always', 'first' or 'never'", "prepend_scheme")
    }
    return prefix
  }
}

extension TextPattern {
  fileprivate static let words = pattern(#"\w+|[^\w\s]+"#)
  fileprivate static let white = pattern(#"\s"#)
  /// What `tokenizers` takes for punctuation: the category and all ASCII signs.
  fileprivate static let punctuation = pattern(#"[!-/:-@\[-`{-~\p{P}]"#)

  private static func pattern(_ text: String) -> TextPattern {
    do { return try TextPattern(expression: text) } catch { preconditionFailure(error.found) }
  }
}

// MARK: - Decoders

extension TokenDecoder {
  init(_ part: TokenizerPart) throws(TokenizerError) {
    steps = []
    for part in try part.parts(named: "decoders") { steps.append(try Self.step(part)) }
    try part.checkGrowth(steps.map(\.growth))
    if part.value == .null { steps = [.spaceBetween] }
  }

  private static func step(_ part: TokenizerPart) throws(TokenizerError) -> Step {
    switch part.type {
    case "ByteLevel": return .byteLevel
    case "ByteFallback": return .byteFallback
    case "Fuse": return .fuse
    case "Replace": return .replace(try part.pattern(), by: try part.string("content"))
    case "Strip":
      let content = try part.string("content").unicodeScalars
      guard let scalar = content.first, content.count == 1 else {
        throw part.unsupported("a character", "content")
      }
      return .strip(scalar, start: try part.count("start"), stop: try part.count("stop"))
    case "Metaspace":
      return .metaspace(
        mark: try part.mark(), dropsFirst: try part.prefixOfMetaspace() != .never)
    default:
      throw part.unsupported(
        "'ByteLevel', 'ByteFallback', 'Fuse', 'Replace', 'Strip' or 'Metaspace'")
    }
  }
}
