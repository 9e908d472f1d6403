import Foundation
import Testing

@Suite("simulate")
struct SimulationTests {
  private struct Result: Decodable {
    struct Round: Decodable {
      struct Participant: Decodable {
        let client: Int
        let weight: Double
        let steps: Int
      }
      let round: Int
      let heldOutLoss: Double
      let seconds: Double
      let bytesUp: Int
      let bytesDown: Int
      let participants: [Participant]
    }
    let rounds: [Round]
    let lossBefore: Double
    let lossAfter: Double
    let bytesUp: Int
    let bytesDown: Int
    let peakPrivateBytes: Int
    let peakMappedBytes: Int
    let kseed: String
  }

  private static let files = [
    "model.kseed", "partition.json", "report.html", "results.json", "rounds.csv", "rounds.jsonl",
    "settings.yaml", "state.json",
  ]

  private static let simulation =
    ["simulate", model] + smallRun + ["--clients", "4", "--rounds", "3", "--local-steps", "10"]
    + ["--lr", "3e-5"]

  @Test(
    "rounds lower the loss and are told completely",
    arguments: ["iid", "by-category", "dirichlet:1"])
  func result(_ partition: String) throws {
    try Tool.inFolder { tool in
      let result = try tool.json(
        Self.simulation + ["--partition", partition, "--participation", "2", "--out", "run"],
        as: Result.self)
      #expect(result.lossAfter < result.lossBefore && result.rounds.map(\.round) == [0, 1, 2])
      #expect(result.lossAfter == result.rounds.last?.heldOutLoss)
      for round in result.rounds {
        #expect(round.participants.count == 2 && round.participants.allSatisfy { $0.steps <= 10 })
        #expect(abs(round.participants.reduce(0) { $0 + $1.weight } - 1) < 1e-12)
        // 4 bytes a coefficient down and at most 8 a step up, beside small headers.
        #expect((2 * 4 * 64..<2 * (4 * 64 + 128)).contains(round.bytesDown))
        #expect(round.bytesUp > 0 && round.bytesUp < 2 * (8 * 10 + 128))
      }
      #expect(result.bytesUp == result.rounds.reduce(0) { $0 + $1.bytesUp })
      #expect(result.bytesDown == result.rounds.reduce(0) { $0 + $1.bytesDown })
      #expect(result.peakPrivateBytes > 1 << 20 && result.peakMappedBytes > 1 << 20)
    }
  }

  @Test("leaves eight files, the results among them as they were printed")
  func files() throws {
    try Tool.inFolder { tool in
      let outcome = try tool.run(Self.simulation + ["--out", "runs/a", "--json"])
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: tool.path("runs/a")).sorted()
          == Self.files)
      #expect(try tool.read("runs/a/results.json") + [10] == outcome.output)
      let rounds = try tool.read("runs/a/rounds.jsonl").split(separator: 10)
      #expect(rounds.count == 3)
      let report = String(decoding: try tool.read("runs/a/report.html"), as: UTF8.self)
      #expect(report.contains("<svg") && !report.contains("://"))
    }
  }

  @Test(
    "the same bits for any number of threads, and again from the settings beside the result",
    arguments: [["--basis", "hadamard"], ["--basis", "rademacher"]])
  func repetition(_ basis: [String]) throws {
    try Tool.inFolder { tool in
      let runs = [
        Self.simulation + basis + ["--threads", "1", "--out", "a"],
        Self.simulation + basis + ["--threads", "3", "--concurrent-clients", "2", "--out", "b"],
        ["simulate", "--config", "a/settings.yaml", "--out", "c"],
      ]
      for run in runs {
        let outcome = try tool.run(run)
        try #require(outcome.status == 0, "\(outcome.errors)")
      }
      for name in ["model.kseed", "partition.json"] {
        let first = try tool.read("a/" + name)
        #expect(try tool.read("b/" + name) == first && tool.read("c/" + name) == first, "\(name)")
      }
    }
  }

  @Test("the checkpoint scores as the last round did")
  func checkpoint() throws {
    try Tool.inFolder { tool in
      try tool.write(Self.table, to: "table.tsv")
      // All but one example are trained on, so that the file itself cannot be the held-out set.
      let result = try tool.json(
        [
          "simulate", model, "--data", "table.tsv", "--template", "raw", "--candidates", "64",
          "--held-out", "1", "--clients", "2", "--rounds", "2", "--local-steps", "5", "--batch",
          "2", "--partition", "iid", "--out", "run",
        ], as: Result.self)
      let scores = try tool.json(
        [
          "score", model, "--data", "table.tsv", "--template", "raw", "--kseed",
          "run/model.kseed",
        ], as: Score.self)
      // The held-out example is one of the table; alone it is another matrix product.
      let nearest = scores.losses.map { abs($0 - result.lossAfter) }.min() ?? .infinity
      #expect(nearest <= 2 * logitTolerance)
    }
  }

  private static let table = """
    sentence\tlabel
    the otter waits\t1
    the toad sings by the river\t0
    the wren looks for food\t1
    the old bridge is under water\t0
    the toad waits near the lake\t1
    """

  @Test("keeps the results of an earlier run unless it is told to replace them")
  func overwriting() throws {
    try Tool.inFolder { tool in
      _ = try tool.run(Self.simulation + ["--out", "a"])
      let first = try tool.read("a/model.kseed")
      let refused = try tool.run(Self.simulation + ["--seed", "2", "--out", "a"])
      #expect(refused.status == 1 && refused.errors.contains("'--force'"))
      #expect(try tool.read("a/model.kseed") == first)
      let forced = try tool.run(Self.simulation + ["--seed", "2", "--out", "a", "--force"])
      #expect(try forced.status == 0 && tool.read("a/model.kseed") != first)
    }
  }

  @Test("settings of a run are refused with another model or other data than they name")
  func identity() throws {
    try Tool.inFolder { tool in
      _ = try tool.run(Self.simulation + ["--out", "a"])
      let settings = String(decoding: try tool.read("a/settings.yaml"), as: UTF8.self)
      let changes = [
        ("model: .*", "model: \(otherModel)", "model-sha256"),
        ("data: .*", "data: synthetic:7", "data-sha256"),
      ]
      for (line, replacement, message) in changes {
        let changed = settings.replacingOccurrences(
          of: "\n" + line, with: "\n" + replacement, options: .regularExpression)
        try tool.write(changed, to: "changed.yaml")
        let outcome = try tool.run(["simulate", "--config", "changed.yaml", "--out", "b"])
        #expect(outcome.status == 1 && outcome.errors.contains(message), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: tool.path("b")))
      }
    }
  }
}
