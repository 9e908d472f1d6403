// What a token is for. The raw values are those of GGUF's `tokenizer.ggml.token_type`.

/// The role of a token in its vocabulary.
public enum TokenKind: Int32, Sendable {
  /// A piece of text.
  case normal = 1

  /// The stand-in for text without a token.
  case unknown = 2

  /// A mark with a meaning to the model, such as `<|im_end|>`.
  case control = 3

  /// A piece of text that is recognised before any other, such as a product name.
  case userDefined = 4

  /// A reserved place.
  case unused = 5

  /// One byte, spelled `<0x0A>`.
  case byte = 6

  /// Whether the token is a mark rather than text.
  var isSpecial: Bool { self == .control || self == .unknown }

  /// Whether the token is found in the text before pieces are.
  var isAdded: Bool { isSpecial || self == .userDefined }

  /// Whether merging characters may lead to the token.
  var isPiece: Bool { self == .normal || self == .userDefined || self == .unused }
}
