import Foundation
import Testing

@Suite("Help")
struct HelpTests {
  static let commands = [
    "inspect", "tokenize", "logits", "generate", "score", "find-lr", "tune", "simulate", "apply",
    "estimate", "profile", "synthesize", "directions", "doctor", "server", "client",
  ]

  @Test("every command has the options that all share", arguments: commands)
  func shared(_ command: String) throws {
    let outcome = try Tool.inFolder { try $0.run(["help", command]) }
    let help = String(decoding: outcome.output, as: UTF8.self)
    #expect(outcome.status == 0 && ["--json", "--threads", "--isa"].allSatisfy(help.contains))
  }

  @Test(
    "commands that need no model have JSON, or a file to write",
    arguments: [
      ["compare"], ["kseed", "show"], ["kseed", "diff"], ["kseed", "add"], ["kseed", "average"],
      ["kseed", "scale"], ["kseed", "at"], ["kseed", "without"],
    ])
  func withoutModel(_ command: [String]) throws {
    let outcome = try Tool.inFolder { try $0.run(["help"] + command) }
    let help = String(decoding: outcome.output, as: UTF8.self)
    #expect(outcome.status == 0 && help.contains("--json") && help.contains("OVERVIEW"))
  }

  @Test("the version is three numbers")
  func version() throws {
    let output = try Tool.inFolder { try $0.run(["--version"]).output }
    let text = String(decoding: output, as: UTF8.self)
    #expect(text.split(separator: ".").count == 3 && !text.contains(" "))
  }

  @Test("completions are made for three shells", arguments: ["bash", "zsh", "fish"])
  func completions(_ shell: String) throws {
    let outcome = try Tool.inFolder { try $0.run(["--generate-completion-script", shell]) }
    let script = String(decoding: outcome.output, as: UTF8.self)
    #expect(outcome.status == 0 && Self.commands.allSatisfy(script.contains))
  }
}
