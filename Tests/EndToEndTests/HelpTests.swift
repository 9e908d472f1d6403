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

  private func help(_ command: [String], _ option: String = "--help") throws -> String {
    let outcome = try Tool.inFolder { try $0.run(command + [option]) }
    #expect(outcome.status == 0, "\(outcome.errors)")
    return String(decoding: outcome.output, as: UTF8.self)
  }

  @Test("long help has common options, and all of them with --help-all")
  func common() throws {
    for (command, common, rare) in [
      ("tune", "--steps", "--momentum"), ("simulate", "--clients", "--server-tau"),
      ("score", "--data", "--labels"),
    ] {
      let (short, long) = (try help([command]), try help([command], "--help-all"))
      #expect(short.contains(common) && !short.contains(rare) && short.contains("--help-all"))
      #expect(long.contains(common) && long.contains(rare) && !long.contains("model-sha256"))
      #expect(try help(["help", command], "--help-all") == long)
    }
  }

  @Test("every help has an example, and the parser takes each")
  func examples() throws {
    let commands =
      [[]] + Self.commands.map { [$0] } + [["compare"], ["kseed"]]
      + ["show", "diff", "add", "average", "scale", "at", "without"].map { ["kseed", $0] }
    try Tool.inFolder { tool in
      for command in commands {
        let lines = try help(command).split(separator: "\n").filter {
          $0.hasPrefix("  fedkseed \(command.joined(separator: " "))")
        }
        #expect(!lines.isEmpty, "\(command)")
        // These need no file: they would be run.
        for line in lines where ![["estimate"], ["doctor"], ["synthesize"]].contains(command) {
          // No file of an example is there; the arguments are to be right all the same.
          let outcome = try tool.shell("set -- ${1#  fedkseed }; eval \"\\$0 $*\"", String(line))
          #expect([0, 1].contains(outcome.status), "\(line): \(outcome.errors)")
        }
      }
    }
  }

  @Test("the exit statuses of the help are those of the documentation")
  func exitStatus() throws {
    let help = try help([]).replacing("\n", with: " ")
    let sentence = try #require(help.firstMatch(of: /Exit status: ([^.]*)\./)).1
    let page = try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Documentation/Runs.md"), encoding: .utf8)
    for entry in sentence.split(separator: "; ") {
      let parts = entry.split(separator: " ", maxSplits: 1)
      #expect(page.contains("| \(parts[0]) | \(parts[1])"), "\(entry)")
    }
    #expect(sentence.split(separator: "; ").count == 6)
  }

  @Test("a page of the manual is made for each command, with its options and examples")
  func manual() throws {
    try Tool.inFolder { tool in
      let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../scripts/man-pages").path
      let outcome = try tool.shell("\"$1\" --tool \"$0\" man", script)
      try #require(outcome.status == 0, "\(outcome.errors)")
      for command in Self.commands + ["compare", "kseed", "kseed-at"] {
        let page = String(decoding: try tool.read("man/fedkseed-\(command).1"), as: UTF8.self)
        #expect(page.hasPrefix(".TH") && page.contains(".SH EXAMPLES"), "\(command)")
      }
      let page = String(decoding: try tool.read("man/fedkseed-tune.1"), as: UTF8.self)
      #expect(page.contains("\\-\\-warmup") && !page.contains("sha256"))
    }
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
