import Foundation
import Testing

/// The one rule for files that exist: they stay, unless the user says `--force`.
@Suite("Files that exist")
struct OverwritingTests {
  private static let tune = ["tune", model] + smallRun + ["--steps", "2"]

  /// Calls `body` in a folder that has a finished run, `b.kseed`.
  private func withRun(_ body: (Tool) throws -> Void) throws {
    try Tool.inFolder { tool in
      let made = try tool.run(Self.tune + ["--out", "b"])
      try #require(made.status == 0, "\(made.errors)")
      try body(tool)
    }
  }

  /// Expects that a command is refused in these words and changes no file.
  private func expectRefusal(
    _ tool: Tool, _ arguments: [String], _ words: String...,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = try contents(tool)
    let outcome = try tool.run(arguments)
    #expect(
      outcome.status == 1 && words.allSatisfy(outcome.errors.contains),
      "\(arguments): \(outcome.errors)", sourceLocation: sourceLocation)
    #expect(try contents(tool) == before, "\(arguments)", sourceLocation: sourceLocation)
  }

  private func contents(_ tool: Tool) throws -> [String: Data] {
    let files = try tool.files.filter { name in
      (try? FileManager.default.attributesOfItem(atPath: tool.path(name))[.type]
        as? FileAttributeType)
        == .typeRegular
    }
    return try Dictionary(uniqueKeysWithValues: files.map { ($0, try tool.read($0)) })
  }

  @Test("b and b.kseed are one file, for all who write and read it")
  func suffix() throws {
    try withRun { tool in
      let files = ["b.kseed", "b.report.html", "b.settings.yaml", "b.state.json", "b.steps.jsonl"]
      #expect(try tool.files == files)
      for name in ["b", "b.kseed", "./b"] {
        try expectRefusal(
          tool, Self.tune + ["--out", name], "finished run", "'--force'", "'--out'")
      }
      for command in [
        ["tune", "--resume", "b"], ["kseed", "show", "b"], ["compare", "b"],
        ["kseed", "at", "--step", "1", "b", "--out", "c"],
        ["logits", model, "--tokens", "1,2", "--kseed", "b"],
      ] {
        let outcome = try tool.run(command)
        #expect(outcome.status == 0, "\(command): \(outcome.errors)")
      }
      #expect(try tool.files.contains("c.kseed"))
    }
  }

  @Test("a finished run is replaced as a whole, and only by --force")
  func finishedRun() throws {
    try withRun { tool in
      let forced = try tool.run(
        Self.tune + ["--out", "b", "--force", "--no-report", "--seed", "2"])
      #expect(forced.status == 0)
      #expect(try tool.files == ["b.kseed", "b.settings.yaml", "b.state.json", "b.steps.jsonl"])
      let settings = String(decoding: try tool.read("b.settings.yaml"), as: UTF8.self)
      #expect(settings.contains("seed: '2'") || settings.contains("seed: 2"))
      try expectRefusal(
        tool, Self.tune + ["--out", "b", "--force", "--data", "missing"], "missing")
    }
  }

  @Test("a run goes on in its own files only, and not while it begins again")
  func resumption() throws {
    try withRun { tool in
      try expectRefusal(tool, ["tune", "--resume", "b", "--out", "c"], "'--resume'", "'--out'")
      try expectRefusal(tool, ["tune", "--resume", "b", "--force"], "'--resume'", "'--force'")
      let same = try tool.run(["tune", "--resume", "b", "--out", "./b.kseed"])
      #expect(same.status == 0, "\(same.errors)")
    }
  }

  @Test("files that are of no run are not taken for one of it")
  func companions() throws {
    try Tool.inFolder { tool in
      for name in ["x.settings.yaml", "x.steps.jsonl", "x.report.html", "x.kseed"] {
        try tool.write("mine", to: name)
        try expectRefusal(tool, Self.tune + ["--out", "x"], name, "exists")
        try FileManager.default.removeItem(atPath: tool.path(name))
      }
      try expectRefusal(tool, Self.tune + ["--out", "x.gguf"], "apply", ".kseed")
    }
  }

  @Test("a sum is never written over what it is made of, whatever path leads there")
  func sums() throws {
    try withRun { tool in
      try FileManager.default.createSymbolicLink(
        atPath: tool.path("link.kseed"), withDestinationPath: "b.kseed")
      try FileManager.default.linkItem(
        atPath: tool.path("b.kseed"), toPath: tool.path("hard.kseed"))
      for out in ["b", "b.kseed", "./b.kseed", "link", "hard.kseed", tool.path("b.kseed")] {
        for force in [[], ["--force"]] {
          try expectRefusal(
            tool, ["kseed", "scale", "b", "--by", "2", "--out", out] + force, "never written over")
        }
      }
      try expectRefusal(
        tool, ["kseed", "at", "--step", "1", "b", "--out", "b", "--force"], "never written over")
      try tool.write("mine", to: "c.kseed")
      try expectRefusal(
        tool, ["kseed", "scale", "b", "--by", "2", "--out", "c"], "'c.kseed' exists", "'--force'")
      let forced = try tool.run(["kseed", "scale", "b", "--by", "2", "--out", "c", "--force"])
      #expect(forced.status == 0)
    }
  }

  @Test("other results are kept too, and replaced by --force")
  func otherResults() throws {
    try withRun { tool in
      let commands = [
        ["apply", model, "b", "--out", "m.gguf"], ["apply", model, "b", "--out", "m.safetensors"],
        ["apply", model, "b", "--out", "m"], ["compare", "b", "--out", "page.html"],
        ["compare", "b", "--csv", "runs.csv"],
        ["synthesize", model + "/config.json", "--out", "s.gguf"],
      ]
      for command in commands {
        let first = try tool.run(command)
        try #require(first.status == 0, "\(command): \(first.errors)")
        try expectRefusal(tool, command, "exists", "'--force'")
        #expect(try tool.run(command + ["--force"]).status == 0, "\(command)")
      }
      #expect(try tool.files.filter { $0.hasSuffix(".old") || $0.hasSuffix(".tmp") } == [])
    }
  }

  @Test("a form and a suffix that contradict are refused, and no folder has the name of a file")
  func forms() throws {
    try withRun { tool in
      for (out, form) in [
        ("x.gguf", "safetensors"), ("x.gguf", "folder"), ("x.GGUF/", "folder"),
        ("x.safetensors", "gguf"), ("x.Safetensors", "folder"),
      ] {
        try expectRefusal(
          tool, ["apply", model, "b", "--out", out, "--format", form], "'--format' is \(form)")
      }
      for out in ["x.bin", "x.kseed", "x.pt"] {
        try expectRefusal(tool, ["apply", model, "b", "--out", out], "not written")
      }
      let file = try tool.run(["apply", model, "b", "--out", "v1.5", "--format", "gguf"])
      #expect(try file.status == 0 && tool.read("v1.5").starts(with: Data("GGUF".utf8)))
    }
  }

  @Test("--force replaces no folder but an exported one, and never the base")
  func folders() throws {
    try withRun { tool in
      let base = try tool.copyModel(to: "base")
      try FileManager.default.createDirectory(
        atPath: tool.path("home/deeper"), withIntermediateDirectories: true)
      for name in ["home/config.json", "home/model.safetensors"] {
        try tool.write("mine", to: name)
      }
      try expectRefusal(
        tool, ["apply", base, "b", "--out", "home", "--force"], "not such a folder")
      #expect(try tool.read("home/config.json") == Data("mine".utf8))
      for out in ["base", "base/", "./base", "base/model.safetensors"] {
        try expectRefusal(
          tool, ["apply", base, "b", "--out", out, "--force"], "never written over")
      }
      #expect(try tool.read("base/model.safetensors").count > 1000)
    }
  }

  @Test("a device makes no room for a result")
  func devices() throws {
    try withRun { tool in
      for force in [[], ["--force"]] {
        try expectRefusal(tool, ["compare", "b", "--out", "/dev/null"] + force, "/dev/null")
        try expectRefusal(tool, Self.tune + ["--out", "/dev/null"] + force, "/dev/null")
      }
    }
  }
}
