// SentencePiece sees no white space: a space is the character `▁`, and one is put before the text.

/// The way spaces are rewritten before encoding and after decoding.
struct Spacing: Equatable, Sendable {
  /// Where a space is put before text.
  enum Prefix {
    case never
    /// Before every text, which begins anew after an added token.
    case always
    /// Before every text that does not begin with a space.
    case unlessPresent
    /// Before text at the very beginning, if it does not begin with a space.
    case onceUnlessPresent
  }

  private static let mark = Array("▁".utf8)
  private static let space = UInt8(ascii: " ")

  var prefix: Prefix
  /// Whether decoding takes the first space away.
  var stripsLeadingSpace: Bool
  /// Whether spaces are rewritten before normalised added tokens are looked for.
  var isNormalizer = false

  /// The text to encode; `isFirst` tells that it begins at the very beginning.
  func rewritten(_ text: [UInt8], isFirst: Bool) -> [UInt8] {
    var result = needsPrefix(text, isFirst: isFirst) ? Self.mark : []
    for byte in text {
      if byte == Self.space { result.append(contentsOf: Self.mark) } else { result.append(byte) }
    }
    return result
  }

  /// The token as the rewritten text would contain it.
  func rewritten(_ token: AddedToken) -> AddedToken {
    var token = token
    let content = rewritten(Array(token.content.utf8), isFirst: true)
    token.content = String(decoding: content, as: UTF8.self)
    return token
  }

  /// The text that a token stands for.
  func original(_ token: ArraySlice<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var rest = token
    while let byte = rest.first {
      let isMark = rest.starts(with: Self.mark)
      result.append(isMark ? Self.space : byte)
      rest = rest.dropFirst(isMark ? Self.mark.count : 1)
    }
    return result
  }

  private func needsPrefix(_ text: [UInt8], isFirst: Bool) -> Bool {
    let hasSpace = text.first == Self.space || text.starts(with: Self.mark)
    return switch prefix {
    case .never: false
    case .always: true
    case .unlessPresent: !hasSpace
    case .onceUnlessPresent: isFirst && !hasSpace
    }
  }
}
