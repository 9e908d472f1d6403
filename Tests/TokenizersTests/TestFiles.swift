// Where the files of these tests lie.

import Foundation
import TestSupport
import Testing
import Tokenizers

/// Files by their place relative to this one.
enum TestFiles {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()

  /// A file of the folder Golden.
  static func golden(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: tests.appending(path: "Golden/\(name)")))
  }

  /// The file of a vocabulary that the golden file names, if it is here.
  static func vocabulary(_ name: String) -> String? {
    name.hasPrefix("SmolLM2")
      ? present(RealInputs.smolLM2, RealInputs.noModel) : shared("tokenizers/\(name).gguf")
  }

  /// A file that belongs to the tests but not to the project, if it is here.
  static func shared(_ name: String) -> String? {
    present(RealInputs.shared(name), RealInputs.noSharedData)
  }

  private static func present(_ path: String?, _ reason: String) -> String? {
    RealInputs.isPresent(path, reason) ? path : nil
  }
}

/// Whether the build is one whose speed means anything.
let isOptimized: Bool = {
  #if DEBUG
    false
  #else
    true
  #endif
}()

/// The tokenizer of a tiny `tokenizer.json`, or of a GGUF file that is not part of the project.
func makeTokenizer(_ name: String) throws -> any Tokenizer {
  if name.hasPrefix("tiny-") {
    return try TokenizerFile(json: try TestFiles.golden("\(name).json")).makeTokenizer()
  }
  return try readVocabulary(ofGGUF: try #require(TestFiles.vocabulary(name))).makeTokenizer()
}

extension Tokenizer {
  /// The ids of `text` without a begin token.
  func encode(_ text: String, parsingSpecialTokens: Bool = false) -> [Int32] {
    encode(text, parsingSpecialTokens: parsingSpecialTokens, addingBeginToken: false)
  }
}

/// A generator that gives the same numbers in every run.
///
/// Source: SplitMix64, Steele et al. 2014.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
