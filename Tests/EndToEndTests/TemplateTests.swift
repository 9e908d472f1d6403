import Foundation
import TestSupport
import Testing

@Suite("Chat templates and special tokens")
struct TemplateTests {
  struct Generation: Decodable {
    let ids: [Int32]
    let text: String
  }

  struct Score: Decodable {
    let lossPerExample: Double
  }

  private static let template = """
    {% for m in messages %}Q: {{ m.content }}
    {% endfor %}{% if add_generation_prompt %}A:{% endif %}
    """

  /// Copies the tiny model, with more files.
  private func makeModel(_ tool: Tool, _ files: [String: String]) throws -> String {
    let folder = tool.folder + "/model"
    try FileManager.default.copyItem(atPath: RealInputs.tinyLlama, toPath: folder)
    for (name, content) in files { try tool.write(content, to: "model/" + name) }
    return folder
  }

  @Test("the model's chat template is the default of generation, and is told of")
  func generatesByTemplate() throws {
    try Tool.inFolder { tool in
      let model = try makeModel(tool, ["chat_template.jinja": Self.template])
      let more = ["--max-tokens", "8"]
      let templated = try tool.run(["generate", model, "--prompt", "the otter", "--json"] + more)
      #expect(templated.errors.contains("the model's own chat template"))
      let raw = try tool.json(
        ["generate", model, "--template", "raw", "--prompt", "Q: the otter\nA:"] + more,
        as: Generation.self)
      #expect(
        try JSONDecoder().decode(Generation.self, from: templated.output).ids == raw.ids)
      let none = try tool.run([
        "generate", RealInputs.tinyLlama, "--template", "model", "--prompt", "x",
      ])
      #expect(none.status != 0 && none.errors.contains("'--template'"))
    }
  }

  @Test("a run names its chat template, and does not go on with another")
  func recordsTemplate() throws {
    try Tool.inFolder { tool in
      let model = try makeModel(tool, ["chat_template.jinja": Self.template])
      let options =
        "--data synthetic:6 --candidates 64 --batch 2 --held-out 8 --no-report --lr 1e-4"
      let run = try tool.run(
        ["tune", model, "--steps", "2", "--out", "a.kseed"]
          + options.split(separator: " ").map(String.init))
      try #require(run.status == 0, "\(run.errors)")
      let settings = String(decoding: try tool.read("a.settings.yaml"), as: UTF8.self)
      #expect(settings.contains("template: model") && settings.contains("template-sha256: "))
      try tool.write(Self.template + "!", to: "model/chat_template.jinja")
      let resumed = try tool.run(["tune", "--resume", "a.kseed", "--steps", "4", "--no-report"])
      #expect(resumed.status != 0 && resumed.errors.contains("template"))
    }
  }

  @Test("a checkpoint brings its template along, another is told of, a private copy has its bits")
  func checkpointTemplate() throws {
    try Tool.inFolder { tool in
      let options = "--template chatml --steps 2 --candidates 64 --batch 2 --held-out 8 --no-report"
      let run = try tool.run(
        ["tune", RealInputs.tinyLlama, "--data", "synthetic:6", "--out", "a.kseed"]
          + options.split(separator: " ").map(String.init))
      try #require(run.status == 0, "\(run.errors)")
      let score = ["score", RealInputs.tinyLlama, "--data", "synthetic:6", "--kseed", "a.kseed"]
      let silent = try tool.run(score + ["--json"])
      #expect(silent.errors.contains("template: chatml, which the checkpoint was tuned with"))
      let named = try tool.run(score + ["--json", "--template", "chatml"])
      #expect(silent.output == named.output && !named.errors.contains("template"))
      let dense = try tool.run(score + ["--json", "--mode", "dense"])
      #expect(dense.output == silent.output)
      let other = try tool.run(score + ["--template", "alpaca"])
      #expect(other.errors.contains("tuned with '--template chatml', not with this one"))
      let generated = try tool.run([
        "generate", RealInputs.tinyLlama, "--kseed", "a.kseed", "--prompt", "the otter",
      ])
      #expect(generated.errors.contains("template: chatml"))
    }
  }

  @Test("a chat template that cannot be read is told of by its line, and another can be chosen")
  func unreadableTemplate() throws {
    try Tool.inFolder { tool in
      let model = try makeModel(tool, ["chat_template.jinja": "\n{% include 'x' %}"])
      let refused = try tool.run(["score", model, "--data", "synthetic:1"])
      #expect(refused.status != 0)
      for mention in ["'--template'", "line 2", "'include'"] {
        #expect(refused.errors.contains(mention), "\(refused.errors)")
      }
      let other = try tool.run(["score", model, "--data", "synthetic:1", "--template", "raw"])
      #expect(other.status == 0, "\(other.errors)")
    }
  }

  @Test("an answer ends at any token that a file names")
  func endTokens() throws {
    try Tool.inFolder { tool in
      let prompt = ["--prompt", "The otter waits by the river. The", "--max-tokens", "16"]
      let free = try tool.json(["generate", RealInputs.tinyLlama] + prompt, as: Generation.self)
      let stop = try #require(free.ids.dropFirst(3).first { !free.ids.prefix(3).contains($0) })
      let model = try makeModel(
        tool, ["generation_config.json": "{\"eos_token_id\": [383, \(stop)]}"])
      let stopped = try tool.json(["generate", model] + prompt, as: Generation.self)
      #expect(stopped.ids == Array(free.ids.prefix { $0 != stop }))
    }
  }

  @Test(
    "SmolLM2 answers as apply_chat_template asks it, and raw marks are tokens in every command",
    .enabled(if: RealInputs.isPresent(RealInputs.smolLM2, RealInputs.noModel), "needs the model"))
  func smolLM2() throws {
    let model = try #require(RealInputs.smolLM2)
    try Tool.inFolder { tool in
      let answer = try tool.json(
        ["generate", model, "--prompt", "What is your name?", "--max-tokens", "24"],
        as: Generation.self)
      struct Tokens: Decodable { let ids: [Int32] }
      let prompt = try tool.json(
        ["tokenize", model, "--text", "What is your name?", "--template", "model"], as: Tokens.self)
      #expect(prompt.ids.count == 35)
      // transformers 5.24, apply_chat_template, greedy.
      #expect(
        answer.text
          == "My name is Elena, and I'm a brilliant and compassionate AI designed to help "
          + "with everything from personal to professional matters")
      let request = "<|im_start|>user\nIs 7 odd or even?<|im_end|>\n<|im_start|>assistant\n"
      let record = ["instruction": request, "response": "odd"]
      let line = String(decoding: try JSONEncoder().encode(record), as: UTF8.self)
      try tool.write(line + "\n", to: "raw.jsonl")
      let score = try tool.json(
        ["score", model, "--data", "raw.jsonl", "--template", "raw"], as: Score.self)
      // transformers, weights dequantised, f32; the project's tolerance for whole models.
      #expect(abs(score.lossPerExample - 7.69327) < 1e-4)
    }
  }
}
