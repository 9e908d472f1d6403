// What holds for every byte-pair tokenizer, shown on two tiny ones.

import Foundation
import Testing
import Tokenizers

@Suite("Byte-pair encoding")
struct BytePairTests {
  /// Byte-pair encoding as it is defined.
  ///
  /// It looks through all neighbours for the best merge, applies it where it is leftmost, and begins
  /// again. Quadratic, but plainly right.
  struct PlainMerger: Decodable {
    struct Model: Decodable {
      let vocab: [String: Int32]
      let merges: [[String]]
    }
    let model: Model

    func encode(_ word: String) throws -> [Int32] {
      let ranks = Dictionary(
        zip(model.merges, 0...), uniquingKeysWith: { first, _ in first })
      var symbols = word.unicodeScalars.map(String.init)
      func rank(_ index: Int) -> Int { ranks[[symbols[index], symbols[index + 1]]] ?? .max }
      while let best = symbols.indices.dropLast().min(by: { rank($0) < rank($1) }),
        rank(best) < .max
      {
        symbols[best] += symbols.remove(at: best + 1)
      }
      return try symbols.map { try #require(model.vocab[$0]) }
    }
  }

  @Test("merging with a queue gives what merging step by step gives", arguments: 0..<4)
  func agreesWithPlainMerging(seed: UInt64) throws {
    let json = try TestFiles.golden("tiny-bytes.json")
    let plain = try JSONDecoder().decode(PlainMerger.self, from: Data(json))
    let tokenizer = try makeTokenizer("tiny-bytes")
    var generator = SeededGenerator(state: seed)
    let words = (0..<200).map { _ in
      String(
        (0..<Int.random(in: 1...40, using: &generator)).map { _ in
          "aeeeeinrstthdl".randomElement(using: &generator) ?? "e"
        })
    }
    #expect(words.map { tokenizer.encode($0) } == (try words.map(plain.encode)))
  }

  @Test(
    "decoding returns the encoded text", arguments: ["tiny-bytes", "tiny-characters"], 0..<4)
  func decodingReturnsText(vocabulary: String, seed: UInt64) throws {
    let tokenizer = try makeTokenizer(vocabulary)
    var generator = SeededGenerator(state: seed)
    let texts = (0..<200).map { _ in randomText(using: &generator) }
    let decoded = try texts.map { try tokenizer.decode(tokenizer.encode($0)) }
    // Strings would be equal even if characters had been composed on the way.
    #expect(decoded.map { Array($0.utf8) } == texts.map { Array($0.utf8) })
  }

  private func randomText(using generator: inout SeededGenerator) -> String {
    var text = String.UnicodeScalarView()
    while text.count < 20 {
      let limit: UInt32 = Bool.random(using: &generator) ? 0x80 : 0x11_0000
      // `λ` takes the space before it, and `▁` is a space to SentencePiece: neither comes back.
      let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &generator))
      if let scalar, scalar != "λ", scalar != "▁" { text.append(scalar) }
    }
    return String(text)
  }

  @Test(
    "a long word takes no quadratic time", .timeLimit(.minutes(1)),
    arguments: ["tiny-bytes", "tiny-characters"], ["e", "er", " ", "日"])
  func longWordsAreQuick(vocabulary: String, unit: String) throws {
    let tokenizer = try makeTokenizer(vocabulary)
    let text = String(repeating: unit, count: 300_000)
    #expect(try tokenizer.decode(tokenizer.encode(text)) == text)
  }

  @Test(
    "bytes that are not UTF-8 become U+FFFD, one for each maximal part",
    arguments: [
      ([0xc3], "\u{FFFD}"), ([0xc3, 0x28], "\u{FFFD}("), ([0xe2, 0x82, 0x41], "\u{FFFD}A"),
      ([0xff, 0xfe], "\u{FFFD}\u{FFFD}"), ([0xf0, 0x9f, 0xa6], "\u{FFFD}"),
    ] as [([UInt8], String)])
  func invalidBytesAreRepaired(bytes: [UInt8], text: String) throws {
    let tokenizer = try makeTokenizer("tiny-characters")
    let ids = try bytes.map { byte in
      try #require(tokenizer.id(forToken: "<0x\(String(byte, radix: 16, uppercase: true))>"))
    }
    #expect(try tokenizer.bytes(of: ids, skippingSpecialTokens: false) == bytes)
    #expect(try tokenizer.decode(ids) == text)
  }

  @Test("an id without a token is an error", arguments: [-1, 503, .max, .min] as [Int32])
  func unknownIdIsAnError(id: Int32) throws {
    let tokenizer = try makeTokenizer("tiny-bytes")
    let error = TokenizerError.idOutOfRange(id: id, vocabularySize: 503)
    #expect(throws: error) { try tokenizer.decode([5, id]) }
    #expect(throws: error) { try tokenizer.token(for: id) }
  }

  @Test("every token's name leads back to its id", arguments: ["tiny-bytes", "tiny-characters"])
  func namesLeadToIds(vocabulary: String) throws {
    let tokenizer = try makeTokenizer(vocabulary)
    let ids = Int32(0)..<Int32(tokenizer.vocabularySize)
    #expect(try ids.map { tokenizer.id(forToken: try tokenizer.token(for: $0)) } == Array(ids))
  }

  @Test("special tokens are left out of a text on request, and added tokens are not")
  func specialTokensAreSkipped() throws {
    let tokenizer = try makeTokenizer("tiny-bytes")
    let ids = tokenizer.encode("the kseed<|end|>", parsingSpecialTokens: true)
    #expect(try tokenizer.decode(ids) == "the kseed<|end|>")
    #expect(try tokenizer.decode(ids, skippingSpecialTokens: true) == "the kseed")
  }
}
