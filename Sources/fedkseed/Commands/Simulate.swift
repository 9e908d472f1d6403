internal import ArgumentParser
internal import FineTuning
internal import Foundation
internal import Reports
internal import SeedBasis

/// Simulates a federation on one machine.
struct Simulate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Simulate a federation on one machine.",
    discussion: """
      Writes to DIR: model.kseed (the seed checkpoint), settings.yaml, partition.json, \
      rounds.jsonl, results.json and report.html.

        fedkseed simulate MODEL --data synthetic --clients 8 --out runs/first
        fedkseed simulate --config runs/first/settings.yaml --out runs/again
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup(title: "Federation") var federation: FederationOptions

  @Option(help: "The folder to write to.", completion: .directory)
  var out: String

  @Flag(help: "Replace the results of an earlier run in the folder.")
  var force = false

  func run() throws {
    let stepCount = try federation.stepCount(with: options)
    let folder = try OutputFolder(out, force: force)
    defer { folder.removeIfEmpty() }
    let run = try options.prepare(federation.settings)
    let result = try FederatedRun(run, federation.simulationSettings, stepCount: stepCount)
      .result(in: folder)
    if options.common.json { try Output.printJSON(result) } else { result.printSummary(folder) }
  }
}
