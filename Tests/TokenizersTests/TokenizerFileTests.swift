// What `tokenizer.json` files may say, and what becomes of those that say something else.

import Testing
import Tokenizers

@Suite("Reading tokenizer.json")
struct TokenizerFileTests {
  /// A change of a good file, and what the error must say.
  struct Damage: CustomTestStringConvertible, Sendable {
    let attack: String
    var file = "tiny-bytes"
    let old: String
    let new: String
    let says: String
    var testDescription: String { attack }
  }

  static let damages = [
    Damage(
      attack: "an integer beyond 64 bits", old: ": 255,", new: ": 99999999999999999999,",
      says: "an integer"),
    Damage(
      attack: "an id that would allocate gigabytes", old: ": 255,", new: ": 2147483647,",
      says: "0..<1048576"),
    Damage(attack: "a negative id", old: ": 255,", new: ": -1,", says: "0..<1048576"),
    Damage(
      attack: "an added token with a huge id", old: "\"id\": 501,", new: "\"id\": 1048576,",
      says: "added_tokens"),
    Damage(
      attack: "an added token without content", old: "\"content\": \"λ\"", new: "\"content\": 1",
      says: "added_tokens[3]"),
    Damage(
      attack: "a merge of one", old: "[\n\"e\",\n\"r\"\n]", new: "[\"e\"]", says: "model.merges[0]"),
    Damage(
      attack: "a merge of tokens that do not exist", old: "[\n\"e\",\n\"r\"\n]", new: "\"zqx er\"",
      says: "'zqx' and 'er'"),
    Damage(
      attack: "a merge without a space", old: "[\n\"e\",\n\"r\"\n]", new: "\"er\"",
      says: "model.merges[0]"),
    Damage(
      attack: "half a surrogate pair", old: "\"kseed\"", new: #""\ud83e""#, says: "surrogates"),
    Damage(
      attack: "surrogates in the wrong order", old: "\"kseed\"", new: #""\udd99\ud83e""#,
      says: "surrogates"),
    Damage(
      attack: "an unknown escape", old: "\"kseed\"", new: #""\x41""#, says: "an escape sequence"),
    Damage(
      attack: "a line break in a string", old: "\"kseed\"", new: "\"ks\need\"", says: "printable"),
    Damage(
      attack: "another model", old: "\"BPE\"", new: "\"WordPiece\"",
      says: "'model.type' is 'WordPiece'"),
    Damage(
      attack: "another pre-tokenizer", old: "\"Digits\"", new: "\"UnicodeScripts\"",
      says: "'pre_tokenizer' is 'UnicodeScripts'"),
    Damage(
      attack: "a split without a pattern", old: "\"ByteLevel\"", new: "\"Split\"",
      says: "'pre_tokenizer.pattern' is null"),
    Damage(
      attack: "a normalizer", old: "\"normalizer\": null",
      new: "\"normalizer\": {\"type\": \"Nmt\"}", says: "'Nmt'"),
    Damage(
      attack: "a prefix within words", old: "\"continuing_subword_prefix\": null",
      new: "\"continuing_subword_prefix\": \"##\"", says: "continuing_subword_prefix"),
    Damage(attack: "no vocabulary", old: "\"vocab\"", new: "\"words\"", says: "model.vocab"),
    Damage(
      attack: "text after the end", old: "\"version\"", new: "\"version\": 1}{\"",
      says: "the end of the text"),
    Damage(
      attack: "a byte token missing", file: "tiny-characters", old: "\"<0x7F>\"", new: "\"<0x7f>\"",
      says: "token <0x7F>"),
    Damage(
      attack: "another normalizer in a sequence", file: "tiny-characters", old: "\"Prepend\"",
      new: "\"BertNormalizer\"", says: "'BertNormalizer'"),
    Damage(
      attack: "another decoder", file: "tiny-characters", old: "\"Fuse\"", new: "\"CTC\"",
      says: "decoder"),
  ]

  @Test("a damaged or unknown file is an error that says where", arguments: damages)
  func damageIsReported(damage: Damage) throws {
    let good = String(decoding: try TestFiles.golden("\(damage.file).json"), as: UTF8.self)
    try #require(good.contains(damage.old))
    let bad = good.replacing(damage.old, with: damage.new, maxReplacements: 1)
    let error = #expect(throws: TokenizerError.self) {
      try TokenizerFile(json: Array(bad.utf8)).makeTokenizer()
    }
    #expect(error?.description.contains(damage.says) == true, "\(error?.description ?? "no error")")
  }

  @Test(
    "a file cut short is an error, wherever it is cut",
    arguments: ["tiny-bytes", "tiny-characters"])
  func truncationIsReported(file: String) throws {
    let good = try TestFiles.golden("\(file).json").dropLast()
    for count in stride(from: 0, to: good.count, by: 61) {
      #expect(throws: TokenizerError.self) { try TokenizerFile(json: Array(good.prefix(count))) }
    }
  }

  @Test("an error names the byte where the file stops making sense")
  func errorNamesByte() {
    let error = TokenizerError.malformedJSON(
      file: "t.json", byteOffset: 7, expected: "a digit", found: "'}'")
    #expect(throws: error) { try TokenizerFile(json: Array(#"{"a": -}"#.utf8), file: "t.json") }
  }

  @Test("text that is not UTF-8 is an error at its first wrong byte")
  func invalidTextIsReported() {
    let error = TokenizerError.malformedJSON(
      file: "t.json", byteOffset: 2, expected: "UTF-8 text", found: "'\u{FFFD}'")
    #expect(throws: error) { try TokenizerFile(json: [0x7b, 0x22, 0xc0, 0x22], file: "t.json") }
  }

  @Test("nesting a million deep is an error, not a stack overflow", arguments: ["[", "{\"a\":"])
  func nestingHasALimit(opening: String) {
    let json = "{\"x\":" + String(repeating: opening, count: 1_000_000)
    let error = #expect(throws: TokenizerError.self) { try TokenizerFile(json: Array(json.utf8)) }
    #expect(error?.description.contains("at most 64 nested") == true)
  }

  @Test("mutated files never trap, neither when read nor when used", arguments: 0..<4)
  func mutationsNeverTrap(seed: UInt64) throws {
    let good = try ["tiny-bytes", "tiny-characters"].map { try TestFiles.golden("\($0).json") }
    var generator = SeededGenerator(state: seed)
    var usable = 0
    for round in 0..<600 {
      let json = mutated(good[round % 2], using: &generator)
      guard let tokenizer = try? TokenizerFile(json: json).makeTokenizer() else { continue }
      let ids = tokenizer.encode("The λ kseed =>{ 12 日本", parsingSpecialTokens: true)
      _ = try tokenizer.decode(ids)
      usable += 1
    }
    // If no mutation were harmless, no mutated tokenizer would have been used.
    #expect(usable > 0)
  }

  /// One or two changes: a byte, a piece copied elsewhere, or a piece removed.
  private func mutated(
    _ json: [UInt8], using generator: inout SeededGenerator
  ) -> [UInt8] {
    var json = json
    for _ in 0..<Int.random(in: 1...2, using: &generator) {
      let place = json.indices.randomElement(using: &generator) ?? 0
      let end = min(json.count, place + Int.random(in: 0...20, using: &generator))
      switch UInt8.random(in: 0..<4, using: &generator) {
      case 0: json[place] = UInt8.random(in: 0...255, using: &generator)
      case 1:
        json[place] = Array("0123456789{}[]\",:\\-e".utf8).randomElement(using: &generator) ?? 0
      case 2: json.removeSubrange(place..<end)
      default:
        json.insert(
          contentsOf: json[place..<end], at: Int.random(in: 0...json.count, using: &generator))
      }
    }
    return json
  }

  @Test("tokenizer_config.json names the begin and end tokens, as text or as an object")
  func configurationNamesTokens() throws {
    let configuration =
      #"{"bos_token": "<s>", "eos_token": {"content": "</s>"}, "add_bos_token": true}"#
    var sideFiles = TokenizerSideFiles()
    sideFiles.configuration = Array(configuration.utf8)
    let tokenizer = try TokenizerFile(
      json: try TestFiles.golden("tiny-characters.json"), sideFiles: sideFiles
    ).makeTokenizer()
    #expect(tokenizer.beginToken == tokenizer.id(forToken: "<s>"))
    #expect(tokenizer.endToken == tokenizer.id(forToken: "</s>"))
    #expect(tokenizer.prefix == [try #require(tokenizer.beginToken)])
    let ids = tokenizer.encode("", parsingSpecialTokens: false, addingBeginToken: true)
    #expect(ids == [try #require(tokenizer.beginToken)])
  }

  @Test("a begin token that the vocabulary lacks is an error")
  func unknownBeginTokenIsReported() throws {
    var sideFiles = TokenizerSideFiles()
    sideFiles.configuration = Array(#"{"bos_token": "<begin>"}"#.utf8)
    let file = try TokenizerFile(
      json: try TestFiles.golden("tiny-bytes.json"), sideFiles: sideFiles)
    let error = TokenizerError.invalid(
      file: "tokenizer.json", field: "bos_token", found: "'<begin>'",
      expected: "a token of the vocabulary")
    #expect(throws: error) { try file.makeTokenizer() }
  }
}
