import Foundation
import Testing

@Suite("Data as users have them")
struct DataTests {
  private struct Loss: Decodable {
    let lossPerExample: Double
  }

  private static let record = #"{"instruction": "Sort: owl, fox", "response": "fox, owl"}"# + "\n"

  /// The loss of one example, as `transformers` has it for Alpaca's prompt: of the record above,
  /// and with "as a list" as the context.
  private static let loss = 4.14580, lossWithContext = 2.21255

  private func loss(_ tool: Tool, _ data: String, _ more: [String] = []) throws -> Double {
    try tool.json(["score", model, "--data", data] + more, as: Loss.self).lossPerExample
  }

  @Test("the same example has the same loss in every schema")
  func schemas() throws {
    try Tool.inFolder { tool in
      let whole = [
        "messages.jsonl": """
        {"messages": [{"role": "user", "content": "Sort: owl, fox"}, \
        {"role": "assistant", "content": "fox, owl"}]}
        """,
        "array.json": "[\n" + Self.record + "]",
        "table.csv": "question,answer\n\"Sort: owl, fox\",\"fox, owl\"\n",
      ]
      let withContext = [
        "dolly.jsonl":
          #"{"instruction": "Sort: owl, fox", "context": "as a list", "response": "fox, owl"}"#,
        "alpaca.jsonl":
          #"{"instruction": "Sort: owl, fox", "input": "as a list", "output": "fox, owl"}"#,
        "mixed.jsonl":
          #"{"instruction": "Sort: owl, fox", "input": "as a list", "response": "fox, owl"}"#,
      ]
      for (files, expected) in [(whole, Self.loss), (withContext, Self.lossWithContext)] {
        for (name, text) in files {
          try tool.write(text, to: name)
          #expect(try abs(loss(tool, name) - expected) < 1e-5, "\(name)")
        }
      }
      try tool.write(#"{"q": "Sort: owl, fox", "a": "fox, owl"}"#, to: "other.jsonl")
      let other = try loss(tool, "other.jsonl", ["--columns", "instruction=q,response=a"])
      #expect(abs(other - Self.loss) < 1e-5)
    }
  }

  @Test(
    "every answer of a conversation counts, and what closes it",
    arguments: [("raw", 5.0913388), ("alpaca", 2.5293025)])
  func conversation(template: String, expected: Double) throws {
    try Tool.inFolder { tool in
      try tool.write(
        """
        {"messages": [{"role": "user", "content": "Is 1 odd?"}, {"role": "assistant", \
        "content": "odd"}, {"role": "user", "content": "Sort: owl, fox"}, \
        {"role": "assistant", "content": "fox, owl"}]}
        """, to: "talk.jsonl")
      // The loss that `transformers` has, of the labels on both answers and their end tokens.
      #expect(try abs(loss(tool, "talk.jsonl", ["--template", template]) - expected) < 1e-5)
    }
  }

  @Test("a pipe and standard input are read, and a run records that they were")
  func pipes() throws {
    try Tool.inFolder { tool in
      try tool.write(Self.record, to: "one.jsonl")
      for script in [
        #""$0" score "$1" --data <(cat one.jsonl) --json"#,
        #"cat one.jsonl | "$0" score "$1" --data - --json"#,
      ] {
        let outcome = try tool.shell(script, model)
        try #require(outcome.status == 0, "\(outcome.errors)")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let found = try decoder.decode(Loss.self, from: outcome.output).lossPerExample
        #expect(abs(found - Self.loss) < 1e-5)
        #expect(outcome.errors.contains("data: 1 example, Dolly (instruction, response)"))
      }
      try tool.write(Self.numbers(12), to: "some.jsonl")
      let options = "--candidates 64 --batch 2 --estimator two-sided --template raw --no-report"
      let tuned = try tool.shell(
        #"cat some.jsonl | "$0" tune "$1" --data - \#(options) --steps 2 --out "a b.kseed""#, model)
      try #require(tuned.status == 0, "\(tuned.errors)")
      #expect(tuned.errors.contains("held out: 2 of 12 examples"))
      let settings = String(decoding: try tool.read("a b.settings.yaml"), as: UTF8.self)
      #expect(
        settings.hasPrefix(
          "# Repeat this run: fedkseed tune --config 'a b.settings.yaml' --out FILE\n"))
      #expect(settings.contains("\ndata: '-'\n") && settings.contains("\nheld-out: 2\n"))
      let other = try tool.run(["tune", "--resume", "a b.kseed", "--steps", "4"])
      #expect(other.status == 1 && other.errors.contains("standard input: holds no example"))
      let resumed = try tool.run(
        ["tune", "--resume", "a b.kseed", "--steps", "4", "--data", "some.jsonl", "--no-report"])
      #expect(resumed.status == 0, "\(resumed.errors)")
    }
  }

  private static func numbers(_ count: Int) -> String {
    (0..<count).map {
      #"{"prompt": "Is \#($0) odd?", "completion": "\#($0 % 2 == 1)", "user": \#($0 % 3)}"# + "\n"
    }.joined()
  }

  @Test("clients may be numbers, and a small set holds a fifth out by itself")
  func numberedClients() throws {
    try Tool.inFolder { tool in
      try tool.write(Self.numbers(30), to: "mine.jsonl")
      let outcome = try tool.run(
        [
          "simulate", model, "--data", "mine.jsonl", "--template", "raw", "--clients", "3",
          "--partition", "by-key:user", "--rounds", "1", "--local-steps", "2", "--candidates", "64",
          "--batch", "2", "--estimator", "two-sided", "--out", "run",
        ])
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.errors.contains("held out: 6 of 30 examples"))
    }
  }
}

@Suite("Habits")
struct HabitTests {
  @Test(
    "a result that cannot be written is an error",
    arguments: [
      #""$0" inspect "$1" > /dev/full"#, #""$0" inspect "$1" --json > /dev/full"#,
      #""$0" --help > /dev/full"#, #""$0" logits "$1" --tokens 1,2 --json > /dev/full"#,
    ])
  func fullDisk(script: String) throws {
    try Tool.inFolder { tool in
      let outcome = try tool.shell(script, model)
      #expect(outcome.status == 1)
      #expect(
        outcome.errors.contains("cannot write to standard output: No space left on device"))
    }
  }

  @Test("without a standard output nothing is written into a file that is opened")
  func closedOutput() throws {
    try Tool.inFolder { tool in
      let outcome = try tool.shell(#""$0" inspect "$1" --json >&-"#, model)
      #expect(
        outcome.status == 1 && outcome.errors.contains("standard output: Bad file descriptor"))
    }
  }

  @Test("a reader that goes away ends the tool as it ends others")
  func closedPipe() throws {
    try Tool.inFolder { tool in
      let outcome = try tool.shell(
        #"set -o pipefail; "$0" directions --candidate 0 --tensor 0 --count 100000 | head -1"#,
        model)
      #expect(outcome.status == 128 + 13 && outcome.errors.isEmpty, "\(outcome.errors)")
    }
  }

  @Test("a value may begin with a dash, and tokens have commas between them")
  func dashes() throws {
    try Tool.inFolder { tool in
      try tool.write("sentence\tlabel\nso dull\t-1\nfun\t1\n", to: "a.tsv")
      let scored = try tool.run(
        ["score", model, "--data", "a.tsv", "--labels", "-1=bad,1=good", "--template", "raw"])
      #expect(scored.status == 0, "\(scored.errors)")
      let spaced = try tool.run(["logits", model, "--tokens", " 1, 2 "])
      #expect(spaced.status == 0, "\(spaced.errors)")
      let bad = try tool.run(["logits", model, "--tokens", "1 2"])
      #expect(bad.status == 64 && bad.errors.contains("but found '1 2'"))
    }
  }

  @Test("a settings file has yes and no for options and flags, and ~ for the user's folder")
  func settingsFile() throws {
    try Tool.inFolder { tool in
      try tool.write(
        #"{"prompt": "a", "completion": "b"}"# + "\n" + #"{"prompt": "c", "completion": "d"}"#,
        to: "mine.jsonl")
      try tool.write(
        """
        data: ~/mine.jsonl
        template: raw
        end-token: no
        candidates: 64
        estimator: two-sided
        no-report: yes
        json: on
        force: false
        """, to: "my.yaml")
      let outcome = try tool.run(
        ["tune", model, "--config", "my.yaml", "--steps", "1", "--out", "a.kseed"],
        environment: ["HOME": tool.folder])
      try #require(outcome.status == 0, "\(outcome.errors)")
      #expect(outcome.output.first == UInt8(ascii: "{"))
      let settings = String(decoding: try tool.read("a.settings.yaml"), as: UTF8.self)
      #expect(settings.contains("\nend-token: false\n"))
      #expect(try !tool.files.contains("a.report.html"))
    }
  }
}
