// Vocabularies as GGUF files give them: what they mean, and what is wrong with bad ones.

import Testing
import Tokenizers

@Suite("Vocabularies of GGUF files")
struct TokenizerVocabularyTests {
  /// Bytes `a` to `d`, two merges, a mark, a user's token and a reserved place.
  static let bytePairs: TokenizerVocabulary = {
    var vocabulary = TokenizerVocabulary(
      file: "v.gguf", model: "gpt2",
      tokens: ["a", "b", "c", "d", "ab", "abc", "<|end|>", "dab", "<free>"],
      types: [1, 1, 1, 1, 1, 1, 3, 4, 5], endToken: 6)
    vocabulary.preTokenizer = "gpt-2"
    vocabulary.merges = ["a b", "ab c"]
    return vocabulary
  }()

  /// The 256 bytes, a few characters and pieces with scores.
  static let sentencePieces: TokenizerVocabulary = {
    let bytes = (0..<256).map {
      "<0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) + ">"
    }
    let pieces = ["▁", "a", "b", "▁a", "ab", "▁ab", "ba"]
    var vocabulary = TokenizerVocabulary(
      file: "v.gguf", model: "llama", tokens: ["<unk>", "<s>", "</s>"] + bytes + pieces,
      types: [2, 3, 3] + bytes.map { _ in 6 } + pieces.map { _ in 1 }, beginToken: 1, endToken: 2)
    vocabulary.scores = vocabulary.tokens.map { _ in 0 }
    vocabulary.scores.replaceSubrange(259..<266, with: [-9, -8, -7, -3, -1, -2, -4])
    return vocabulary
  }()

  @Test(
    "merges apply in order, marks only on request, a user's tokens always",
    arguments: [
      ("abcd", false, [5, 3]), ("cab", false, [2, 4]), ("dabc", false, [7, 2]),
      ("abc<|end|>ab", true, [5, 6, 4]), ("a<|end|>", false, [0, 3]), ("", true, []),
    ] as [(String, Bool, [Int32])])
  func bytePairsEncode(text: String, parsing: Bool, ids: [Int32]) throws {
    let tokenizer = try Self.bytePairs.makeTokenizer()
    #expect(tokenizer.encode(text, parsingSpecialTokens: parsing) == ids)
  }

  @Test(
    "the best score merges first, the leftmost of equal ones, and all else falls back to bytes",
    arguments: [
      ("a", [262]), ("ab", [264]), ("aab", [262, 263]), ("abab", [264, 263]), ("b", [259, 261]),
      ("é", [259, 198, 172]), ("b</s>a", [259, 261, 2, 262]),
    ] as [(String, [Int32])])
  func sentencePiecesEncode(text: String, ids: [Int32]) throws {
    let tokenizer = try Self.sentencePieces.makeTokenizer()
    #expect(tokenizer.encode(text, parsingSpecialTokens: true) == ids)
    #expect(try tokenizer.decode(ids) == (text == "b</s>a" ? "b</s> a" : text))
  }

  @Test("Llama's vocabularies begin with a token and a space unless the file says otherwise")
  func defaultsAreThoseOfLlama() throws {
    var vocabulary = Self.sentencePieces
    #expect(try vocabulary.makeTokenizer().prefix == [1])
    #expect(try Self.bytePairs.makeTokenizer().prefix == [])
    vocabulary.addsBeginToken = false
    vocabulary.addsSpacePrefix = false
    let tokenizer = try vocabulary.makeTokenizer()
    #expect(tokenizer.prefix == [])
    #expect(tokenizer.encode("ab") == [263])
    #expect(try tokenizer.decode([262]) == " a")
  }

  @Test("marks of Phi-3 take the white space after them", arguments: ["Phi3", "phi-3-mini"])
  func marksOfPhiTakeSpace(modelName: String) throws {
    var vocabulary = Self.sentencePieces
    #expect(
      try vocabulary.makeTokenizer().encode("</s> a", parsingSpecialTokens: true) == [2, 259, 262])
    vocabulary.modelName = modelName
    #expect(
      try vocabulary.makeTokenizer().encode("</s> a", parsingSpecialTokens: true) == [2, 262])
  }

  /// A way to spoil a vocabulary, and what the error must say.
  struct Damage: CustomTestStringConvertible, Sendable {
    let attack: String
    var vocabulary = bytePairs
    let spoil: @Sendable (inout TokenizerVocabulary) -> Void
    let says: String
    var testDescription: String { attack }
  }

  static let damages = [
    Damage(attack: "another model", spoil: { $0.model = "rwkv" }, says: "'rwkv'"),
    Damage(
      attack: "another pre-tokenizer", spoil: { $0.preTokenizer = "afmoe" }, says: "'afmoe'"),
    Damage(attack: "no pre-tokenizer", spoil: { $0.preTokenizer = nil }, says: "missing"),
    Damage(attack: "no tokens", spoil: { $0.tokens = [] }, says: "0 tokens"),
    Damage(attack: "too few types", spoil: { $0.types = [1] }, says: "1 types"),
    Damage(attack: "a type beyond all types", spoil: { $0.types[3] = 7 }, says: "token_type[3]"),
    Damage(attack: "a begin token outside", spoil: { $0.beginToken = 9 }, says: "bos_token_id"),
    Damage(attack: "a negative end token", spoil: { $0.endToken = -1 }, says: "eos_token_id"),
    Damage(attack: "a merge without a space", spoil: { $0.merges[1] = "abc" }, says: "merges[1]"),
    Damage(attack: "a merge into no token", spoil: { $0.merges[1] = "b c" }, says: "'b' and 'c'"),
    Damage(
      attack: "no scores", vocabulary: sentencePieces, spoil: { $0.scores = [] }, says: "0 scores"),
    Damage(
      attack: "a score that is no number", vocabulary: sentencePieces,
      spoil: { $0.scores[4] = .nan }, says: "scores[4]"),
    Damage(
      attack: "a byte without a token", vocabulary: sentencePieces,
      spoil: { $0.tokens[3] = "<0x0>" }, says: "token <0x00>"),
  ]

  @Test("a vocabulary that contradicts itself is an error that names the key", arguments: damages)
  func damageIsReported(damage: Damage) throws {
    var vocabulary = damage.vocabulary
    damage.spoil(&vocabulary)
    let error = #expect(throws: TokenizerError.self) { try vocabulary.makeTokenizer() }
    #expect(error?.description.contains(damage.says) == true, "\(error?.description ?? "no error")")
  }
}
