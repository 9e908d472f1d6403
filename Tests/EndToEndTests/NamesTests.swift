import Foundation
import Testing

/// What people type: letters, the names of other tools, and slips of the finger.
@Suite("Names on the command line")
struct NamesTests {
  private static let prompt = "The otter waits by the river. The"

  private func outcome(_ arguments: [String]) throws -> Tool.Outcome {
    try Tool.inFolder { try $0.run(arguments) }
  }

  @Test("letters stand for the options of llama.cpp")
  func letters() throws {
    let long = try outcome([
      "generate", model, "--prompt", Self.prompt, "--max-tokens", "5", "--threads", "1", "--seed",
      "2", "--length-limit", "99",
    ])
    let short = try outcome([
      "generate", "-p", Self.prompt, "-n", "5", "-t", "1", "-s", "2", "-c", "99", "-m", model,
    ])
    #expect(long.status == 0 && short.status == 0, "\(short.errors)")
    #expect(long.output == short.output && !long.output.isEmpty)
    let named = try outcome(["generate", "--model=" + model, "-p", Self.prompt, "-n", "5"])
    #expect(named.output == long.output)
    let full = try outcome(["generate", model, "-p", Self.prompt, "-c", "3"])
    #expect(full.status == 1 && full.errors.contains("'--length-limit' must be more than"))
  }

  @Test("names of other tools mean the same, also in a settings file")
  func aliases() throws {
    let values = [
      ("--batch", "--batch-size", "3"), ("--lr", "--learning-rate", "2e-5"),
      ("--epsilon", "--zo-eps", "2e-4"), ("--length-limit", "--max-length", "90"),
      ("--evaluate-every", "--eval-every", "2"),
    ]
    let run = ["tune", model] + smallRun + ["--no-report"]
    try Tool.inFolder { tool in
      for (out, names) in [("a", values.map(\.0)), ("b", values.map(\.1))] {
        let options = zip(names, values).flatMap { [$0, $1.2] }
        let outcome = try tool.run(run + ["-n", "2", "-o", out] + options)
        try #require(outcome.status == 0, "\(outcome.errors)")
      }
      try tool.write(
        values.map { "\($0.1.dropFirst(2)): \($0.2)\n" }.joined() + "steps: 2\n", to: "my.yaml")
      let outcome = try tool.run(run + ["--config", "my.yaml", "-o", "c"])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let settings = try ["a", "b", "c"].map {
        // The first line has the name of the file.
        String(decoding: try tool.read("\($0).settings.yaml").drop { $0 != 10 }, as: UTF8.self)
      }
      #expect(settings[0] == settings[1])
      // The batch stood on the command line too, which wins.
      let batch = "batch: '4'"
      #expect(settings[2].contains(batch) || settings[2].contains("batch: 4"))
      #expect(try tool.read("a.kseed") == tool.read("b.kseed"))
    }
  }

  @Test("epochs are steps, counted by the examples")
  func epochs() throws {
    let run = ["tune", model] + smallRun + ["--no-report"]
    try Tool.inFolder { tool in
      let outcome = try tool.run(run + ["--epochs", "0.5", "-o", "a"])
      // 84 examples, 14 held out, 4 in a step.
      #expect(outcome.status == 0 && outcome.errors.contains("0.5 epochs of 70 examples: 9 steps"))
      let settings = String(decoding: try tool.read("a.settings.yaml"), as: UTF8.self)
      #expect(settings.contains("steps: '9'") || settings.contains("steps: 9"))
      let longer = try tool.run(["tune", "--resume", "a", "--epochs", "1", "--no-report"])
      #expect(longer.status == 0 && longer.errors.contains("18 steps"), "\(longer.errors)")
      for wrong in [
        [], ["--steps", "1", "--epochs", "1"], ["--epochs", "0"], ["--epochs", "nan"],
      ] {
        let refused = try tool.run(run + ["-o", "b"] + wrong)
        #expect(refused.status == 1 && refused.errors.contains("'--epochs'"), "\(refused.errors)")
      }
    }
  }

  @Test(
    "an unknown name is told of before what is missing, with the nearest ones",
    arguments: [
      (["tun"], "there is no command 'tun'", "'tune'"),
      (["generat", "x"], "no command 'generat'", "'generate'"),
      (["kseed", "avrage"], "no command 'avrage' in 'fedkseed kseed'", "'average'"),
      (["help", "simulat"], "no command 'simulat'", "'simulate'"),
      (["tune", "M", "--stpes", "5"], "no option '--stpes' in 'fedkseed tune'", "'--steps'"),
      (["tune", "M", "--learning_rate", "5"], "'--learning_rate'", "'--learning-rate'"),
      (["tune", "--out", "x", "--batchsize=3"], "'--batchsize'", "'--batch-size'"),
      (["generate", "M", "--promt", "x"], "'--promt'", "'--prompt'"),
      (["generate", "M", "--temp", "1"], "'--temp'", "'--temperature'"),
      (["apply", "M", "k", "--output", "x"], "'--output'", "'--out'"),
      (["score", "M", "-q", "x"], "no option '-q'", "--help-all"),
      (["tune", "M", "--qwertyuiop"], "no option '--qwertyuiop'", "--help-all"),
    ])
  func unknown(_ arguments: [String], _ name: String, _ advice: String) throws {
    let outcome = try outcome(arguments)
    #expect(outcome.status == 64)
    #expect([name, advice].allSatisfy(outcome.errors.contains), "\(outcome.errors)")
    #expect(outcome.errors.hasPrefix("Error: ") && outcome.output.isEmpty)
  }

  @Test("values are not taken for names, and what is missing is still told of")
  func known() throws {
    let missing = try outcome(["generate", model])
    #expect(missing.status == 64 && missing.errors.contains("--prompt"))
    let dash = try outcome(["generate", model, "-p", "--foo", "-n", "1"])
    #expect(dash.status == 0, "\(dash.errors)")
    let value = try outcome(["generate", model, "-p", "--foo", "-n", "many"])
    #expect(value.status == 64 && value.errors.contains("many"), "\(value.errors)")
  }
}
