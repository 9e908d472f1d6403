// What the rest of the package knows of text: a tokenizer turns it into ids and back. Which
// algorithm does so, and which file its vocabulary came from, is left to the conforming types.

/// A reversible map between text and token ids.
///
/// Ids lie in `0..<vocabularySize`. Encoding never fails: a `String` is valid Unicode, and text
/// that the vocabulary lacks falls back to bytes. Decoding fails only for an id that has no token.
///
///     let tokenizer = try TokenizerFile(json: bytes).makeTokenizer()
///     let ids = tokenizer.encode("Hello", parsingSpecialTokens: false, addingBeginToken: false)
///     let text = try tokenizer.decode(ids)
public protocol Tokenizer: Sendable {
  /// One more than the greatest token id.
  ///
  /// Ids below it without a token occur where a file leaves gaps.
  var vocabularySize: Int { get }

  /// The token that stands before a text, if the vocabulary has one.
  var beginToken: Int32? { get }

  /// The token that ends a text or an answer, if the vocabulary has one.
  var endToken: Int32? { get }

  /// The tokens at which an answer ends: ``endToken``, and whatever else the files of the model
  /// name.
  var endTokens: Set<Int32> { get }

  /// The tokens that the model expects before every text: none or ``beginToken`` alone, mostly.
  var prefix: [Int32] { get }

  /// The tokens that the model expects behind every text that is complete: none, mostly.
  var suffix: [Int32] { get }

  /// Returns the token ids of `text`, without ``prefix`` and ``suffix``.
  ///
  /// Added tokens that are not special, such as a user's own words, are recognised always.
  ///
  /// - Parameter text: Any text of fewer than 2³¹ bytes.
  /// - Complexity: O(n log n) for n bytes; O(n) where words are short.
  func encode(_ text: MarkedText) -> [Int32]

  /// Returns the bytes that `ids` stand for; they need not be valid UTF-8.
  ///
  /// - Parameters:
  /// - Throws: ``TokenizerError/idOutOfRange(id:vocabularySize:)`` for an id without a token.
  func bytes(
    of ids: [Int32], skippingSpecialTokens: Bool
  ) throws(TokenizerError) -> [UInt8]

  /// Returns the token of `id` as the vocabulary spells it, such as `Ġthe` or `▁the`.
  ///
  /// - Throws: ``TokenizerError/idOutOfRange(id:vocabularySize:)`` for an id without a token.
  func token(for id: Int32) throws(TokenizerError) -> String

  /// Returns the id of the token that the vocabulary spells `token`, if there is one.
  func id(forToken token: String) -> Int32?
}

extension Tokenizer {
  /// Returns the token ids of `text`.
  ///
  /// - Parameters:
  ///     `<|im_start|>`, become their ids. Text from strangers should be encoded without.
  public func encode(
    _ text: String, parsingSpecialTokens: Bool, addingBeginToken: Bool
  ) -> [Int32] {
    let ids = encode(MarkedText(text, areMarks: parsingSpecialTokens))
    return addingBeginToken ? [beginToken].compactMap(\.self) + ids : ids
  }

  /// Returns the text that `ids` stand for.
  ///
  /// Every maximal part that is not UTF-8, such as half a character, becomes U+FFFD.
  ///
  /// - Parameters:
  /// - Throws: ``TokenizerError/idOutOfRange(id:vocabularySize:)`` for an id without a token.
  public func decode(
    _ ids: [Int32], skippingSpecialTokens: Bool = false
  ) throws(TokenizerError) -> String {
    String(
      decoding: try bytes(of: ids, skippingSpecialTokens: skippingSpecialTokens), as: UTF8.self)
  }

  /// Returns the text that a model made.
  ///
  /// Ids without a token stand for nothing, as in Hugging Face's `tokenizers`: some models have
  /// more rows of logits than their vocabulary has tokens.
  ///
  /// - Parameters:
  public func decode(
    generated ids: [Int32], skippingSpecialTokens: Bool = false
  ) throws(TokenizerError) -> String {
    try decode(
      ids.filter { (try? token(for: $0)) != nil }, skippingSpecialTokens: skippingSpecialTokens)
  }
}
