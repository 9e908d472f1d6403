internal import ArgumentParser
internal import Datasets
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
      rounds.jsonl (a line for each round), state.json, rounds.csv, results.json and report.html. \
      The first five are kept up to date, so that a run which was stopped, by Ctrl-C or by force, \
      goes on later and comes to the same bits.

        fedkseed simulate MODEL --data synthetic --clients 8 --out runs/first
        fedkseed simulate --resume runs/first
        fedkseed simulate --config runs/first/settings.yaml --out runs/again
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup(title: "Federation") var federation: FederationOptions

  @Option(help: "The folder to write to.", completion: .directory)
  var out: String

  @Option(
    help: ArgumentHelp(
      "Go on with the run in this folder, with its settings.",
      discussion:
        "It goes on after the last round that was saved. '--rounds' may be larger than it "
        + "was."),
    completion: .directory)
  var resume: String?

  @Flag(help: "Replace the results of an earlier run in the folder.")
  var force = false

  func run() throws {
    let stepCount = try federation.stepCount(with: options)
    let folder = try OutputFolder(out, resume != nil ? .resume : force ? .replace : .refuse)
    defer { folder.removeIfEmpty() }
    let key = try PartitionRule(parsing: federation.partition).key
    let run = try options.prepare(federation.settings, categoryKey: key ?? "category")
    var federated = try FederatedRun(
      run, federation.simulationSettings, stepCount: stepCount, in: folder,
      interruption: Interruption())
    let result = try federated.result()
    if options.common.json { try Output.printJSON(result) } else { result.printSummary(folder) }
  }
}
