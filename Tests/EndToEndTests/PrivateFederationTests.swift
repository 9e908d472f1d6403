import Bytes
import Foundation
import TestSupport
import Testing

@Suite("Private federations")
struct PrivateFederationTests {
  private static let shape =
    smallRun.dropLast(2) + [
      "--estimator", "backprop", "--lr", "1e-3", "--clients", "3", "--rounds", "3",
      "--local-steps", "4", "--partition", "iid",
    ]

  private static func privacy(_ placement: String, noise: String) -> [String] {
    ["--dp", placement, "--dp-clip", "0.01", "--dp-noise-multiplier", noise]
  }

  @Test(
    "a simulation that is stopped goes on to the same bits, and its log makes the model again",
    arguments: ["central", "local"])
  func durability(_ placement: String) throws {
    let run = DurableRun(
      testDescription: placement,
      start: ["simulate", RealInputs.tinyLlama] + Self.shape
        + Self.privacy(placement, noise: "0.5")
        + ["--rounds", "6", "--participation", "0.5", "--out", "run"],
      resume: ["simulate", "--resume", "run"], log: "run/rounds.jsonl", state: "run/state.json",
      model: "run/model.kseed")
    let expected = try run.uninterrupted()
    try Tool.inFolder { tool in
      _ = try run.stop(tool, by: SIGKILL, after: 2)
      let outcome = try tool.run(run.resume)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try tool.read(run.model) == expected)
      let again = try tool.run(["kseed", "at", "--round", "6", "run", "--out", "again.kseed"])
      #expect(again.status == 0, "\(again.errors)")
      // K coefficients, behind which are the 32 bytes of a hash.
      let coefficients = try ["run/model.kseed", "again.kseed"].map {
        try tool.read($0).dropLast(32).suffix(4 * 64)
      }
      #expect(Data(coefficients[0]) == Data(coefficients[1]))
    }
  }

  @Test("without noise, processes leave the model of a simulation; with noise, each run its own")
  func processes() throws {
    try Tool.inFolder { tool in
      let quiet = Self.shape + Self.privacy("local", noise: "0")
      let simulated = try tool.run(["simulate", model] + quiet + ["--out", "simulated"])
      try #require(simulated.status == 0, "\(simulated.errors)")
      do {
        let federation = try ProcessFederation(tool, clients: 3, quiet)
        defer { federation.end() }
        try federation.serve(["--out", "quiet"])
        #expect(try tool.read("quiet/model.kseed") == tool.read("simulated/model.kseed"))
      }
      for client in 0..<3 {
        try FileManager.default.removeItem(atPath: tool.path("state-\(client)"))
        try FileManager.default.removeItem(atPath: tool.path("\(client).sock"))
      }
      var federation = try ProcessFederation(
        tool, clients: 3, Self.shape + Self.privacy("central", noise: "1"))
      defer { federation.end() }
      try federation.serve(["--out", "noisy"], killedInRound: 1)
      let secret = try state(tool)["secret"]?.string
      try federation.restartClients()
      #expect(try federation.serve(["--resume", "noisy"])["rounds"]?.integer == 3)
      #expect(try state(tool)["secret"]?.string == secret && secret?.count == 64)
      #expect(try tool.read("noisy/model.kseed") != tool.read("quiet/model.kseed"))
    }
  }

  private func state(_ tool: Tool) throws -> JSON {
    try JSON.parse(Array(try tool.read("noisy/state.json"))[...])["state"] ?? .null
  }

  @Test("what cannot be is refused, with what to do")
  func refusals() throws {
    try Tool.inFolder { tool in
      let cases = [
        (["--dp", "local", "--dp-clip", "1"], "'--dp-noise-multiplier' must be given"),
        (["--dp-clip", "1"], "'--dp-clip' must be left out without '--dp'"),
        (Self.privacy("local", noise: "1e5"), "--precision binary32"),
        (Self.privacy("central", noise: "1") + ["--aggregation", "median"], "'--aggregation'"),
        (Self.privacy("local", noise: "1") + ["--increment-limit", "1"], "'--increment-limit'"),
      ]
      for (options, words) in cases {
        let outcome = try tool.run(["simulate", model] + Self.shape + options + ["--out", "run"])
        #expect(outcome.status != 0 && outcome.errors.contains(words), "\(outcome.errors)")
      }
      let server = try tool.run(
        ["server", model] + Self.shape + Self.privacy("local", noise: "1")
          + ["--data", "none", "--out", "run"])
      #expect(server.status != 0 && server.errors.contains("give the server '--data'"))
    }
  }
}
