import Bytes
import Foundation
import Testing

@Suite("server and client")
struct FederationProcessTests {
  private static let federation =
    smallRun.dropLast(2) + ["--clients", "3", "--rounds", "3", "--local-steps", "4"]

  private static func simulate(_ options: [String], _ tool: Tool, out: String) throws {
    let outcome = try tool.run(["simulate", model] + federation + options + ["--out", out])
    try #require(outcome.status == 0, "\(outcome.errors)")
  }

  @Test(
    "rounds of processes leave the model of a simulation, byte for byte",
    arguments: [
      ["--estimator", "two-sided", "--lr", "3e-5"],
      ["--estimator", "backprop", "--lr", "1e-3", "--partition", "iid"],
      ["--estimator", "backprop", "--lr", "1e-3", "--zeroth-order-share", "0.4"],
      ["--method", "fedkseed-pro", "--lr", "3e-5", "--server-momentum", "0.5"],
      ["--estimator", "backprop", "--lr", "1e-3", "--window", "16", "--participation", "2"],
    ])
  func equality(_ options: [String]) throws {
    try Tool.inFolder { tool in
      try Self.simulate(options, tool, out: "simulated")
      let federation = try ProcessFederation(tool, clients: 3, Self.federation + options)
      defer { federation.end() }
      let end = try federation.serve(["--out", "run"])
      #expect(end["rounds"]?.integer == 3)
      #expect(try tool.read("run/model.kseed") == tool.read("simulated/model.kseed"))
    }
  }

  @Test("a server that is killed goes on, with clients that are killed too, to the same bits")
  func kills() throws {
    try Tool.inFolder { tool in
      let options = Self.federation + ["--estimator", "backprop", "--lr", "1e-3"]
      try Self.simulate(["--estimator", "backprop", "--lr", "1e-3"], tool, out: "simulated")
      var federation = try ProcessFederation(tool, clients: 3, options)
      defer { federation.end() }
      // In the second round, when two clients have answered.
      try federation.serve(["--out", "run"], killedInRound: 1)
      try federation.restartClients()
      let end = try federation.serve(["--resume", "run"])
      #expect(end["rounds"]?.integer == 3)
      #expect(try tool.read("run/model.kseed") == tool.read("simulated/model.kseed"))
    }
  }

  @Test("a round goes on without a client that is away, if the quorum is there, else not")
  func quorum() throws {
    try Tool.inFolder { tool in
      let options = Self.federation + ["--estimator", "two-sided"]
      let federation = try ProcessFederation(tool, clients: 2, options)
      defer { federation.end() }
      _ = try federation.serve(["--out", "run", "--quorum", "2"])
      let rounds = String(decoding: try tool.read("run/rounds.jsonl"), as: UTF8.self)
      #expect(rounds.split(separator: "\n").count == 3 && !rounds.contains(#""client":2"#))
      #expect(throws: ProcessFederation.Ended.self) {
        try federation.serve(["--out", "other", "--attempts", "2"])
      }
      let errors = federation.serverErrors
      #expect(errors.contains("round 0 still waits for the clients [2]"), "\(errors)")
    }
  }

  @Test("a server without examples comes to the same model, and its clients measure the loss")
  func withoutData() throws {
    try Tool.inFolder { tool in
      let options = ["--estimator", "backprop", "--lr", "1e-3"]
      try Self.simulate(options, tool, out: "simulated")
      let federation = try ProcessFederation(tool, clients: 3, Self.federation + options)
      defer { federation.end() }
      let end = try federation.serve(["--out", "run", "--data", "none"])
      let lines = try tool.read("simulated/rounds.jsonl").split(separator: 10)
      let last = try JSON.parse(Array(lines[2])[...])
      #expect(end["coefficients_sha256"] == last["coefficients_sha256"])
      let losses = [end["loss_after"]?.double, last["held_out_loss"]?.double].map { $0 ?? .nan }
      // Each client measures every third example: other matrix products, and another order of the sum.
      #expect(abs(losses[0] - losses[1]) <= 2 * logitTolerance)
    }
  }

  @Test("a client of other settings is refused by name")
  func refusal() throws {
    try Tool.inFolder { tool in
      let options = Self.federation + ["--estimator", "two-sided"]
      let federation = try ProcessFederation(tool, clients: 2, options + ["--lr", "2e-5"])
      defer { federation.end() }
      #expect(throws: ProcessFederation.Ended.self) {
        try federation.serve(["--out", "run", "--lr", "3e-5"])
      }
      let errors = federation.serverErrors
      #expect(
        errors.contains("client 1: the setting 'lr' is 2e-05, but must be 3e-05"), "\(errors)")
    }
  }

  @Test("what a client is told wrongly is said at once")
  func wrongOptions() throws {
    try Tool.inFolder { tool in
      let options = ["client", model] + Self.federation + ["--state", "s", "--socket", "c.sock"]
      for (wrong, text) in [
        (["--id", "3"], "'--id' must be a whole number from 0 to 2"),
        (["--id", "0", "--socket", String(repeating: "x", count: 108)], "expected 1 to 107"),
      ] {
        let outcome = try tool.run(options + wrong)
        #expect(outcome.status != 0 && outcome.errors.contains(text), "\(outcome.errors)")
      }
    }
  }
}
