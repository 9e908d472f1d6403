import Foundation
import TestSupport
import Testing

@Suite("Synthesize")
struct SynthesizeTests {
  private struct Result: Decodable {
    let parameters: Int
    let bytes: Int
  }

  private struct Inspection: Decodable {
    let parameters: Int
    let bytes: Int
    let format: String
  }

  @Test("A model made of a configuration is one that inspect opens, but it has no tokenizer")
  func makesModel() throws {
    try Tool.inFolder { tool in
      let made = try tool.json(
        ["synthesize", model + "/config.json", "--dtype", "q8_0", "--out", "tiny.gguf"],
        as: Result.self)
      let found = try tool.json(["inspect", "tiny.gguf"], as: Inspection.self)
      #expect(found.format == "gguf")
      #expect(found.parameters == made.parameters && found.bytes == made.bytes)
      let text = try tool.run(["tokenize", "tiny.gguf", "--text", "a"])
      #expect(text.status == 1 && text.errors.contains("no_vocab"))
    }
  }

  @Test(
    "What cannot be made is refused with a reason",
    arguments: [
      ("llama-9000b", "datajuicer-1.3b"),
      ("./missing.json", "neither a file"),
    ])
  func refuses(config: String, reason: String) throws {
    try Tool.inFolder { tool in
      let outcome = try tool.run(["synthesize", config, "--out", "x.gguf"])
      #expect(outcome.status == 1 && outcome.errors.contains(reason), "\(outcome.errors)")
      #expect(try tool.files.isEmpty)
    }
  }
}
