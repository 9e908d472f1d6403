internal import ArgumentParser
internal import Datasets
internal import FineTuning
internal import Foundation
internal import Profiling
internal import Runs
internal import SeedDescent
internal import Service
internal import Settings
internal import Weights

/// Serves a client of a federation on a socket.
struct ServeClient: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "client",
    abstract: "Serve a client of a federation on a Unix socket.",
    discussion: """
      Holds the mapped model, the client's examples and its place in them, and answers requests, \
      one JSON object a line: Documentation/ClientProtocol.md. Whatever carries messages between \
      it and 'fedkseed server' decides who may take part; Integrations/Flower does it with Flower. \
      Server and clients need the same settings: give all of them the same file by '--config'.

        fedkseed client MODEL --config federation.yaml --data mine.jsonl --id 3 \
      --state state --socket client.sock

      It ends by a request, Ctrl-C or SIGTERM. What it has answered is kept in the folder '--state', \
      also when it is killed.
      """)

  @OptionGroup var options: RunOptions
  @OptionGroup(title: "Federation") var federation: FederationOptions

  @Option(help: "The client's number, from 0 and below '--clients'.")
  var id: Int

  @Option(help: "The folder for what must survive from one round to the next.")
  var state: String

  @Option(help: "The socket to listen on; only its owner may connect.", completion: .file())
  var socket: String

  @Flag(
    help: ArgumentHelp(
      "Take the share of the data that 'simulate' gives this client.",
      discussion: "By '--partition'; the examples of '--data' are then those of all clients."))
  var takeShare = false

  func run() throws {
    let settings = federation.settings
    try federation.check()
    guard (0..<settings.clients).contains(id) else {
      throw InputError(
        "'--id' must be a whole number from 0 to \(settings.clients - 1), as there are "
          + "\(settings.clients) clients, but is \(id)")
    }
    let rule = try InputError.naming(.partition) {
      try PartitionRule(parsing: settings.partition)
    }
    let prepared = try options.prepare(
      categoryKey: takeShare ? rule.key ?? "category" : "category", isMember: true
    ) { method, _ in settings.record(with: method) }
    let monitor = WorkMonitor()
    let member = try FederationMember(prepared, settings)
    var client = try member.client(id, takesShare: takeShare) { _ in try monitor.countStep() }
    let identity = try identity(of: client, member)
    let folder = try StateFolder<ServedClientState>(
      path: state, owner: owner(of: identity, prepared))
    if settings.privacy != nil { client.secret = try folder.secret() }
    let service = ClientService(
      client, identity: identity, settings: member.agreement, folder: folder, monitor: monitor)
    let interruption = Interruption()
    let server = try SocketServer(service, monitor: monitor, path: socket)
    Output.log(
      "client \(id) with \(identity.examples) examples listens at '\(socket)'; Ctrl-C ends it")
    server.run(isStopped: { interruption.isRequested })
  }

  private func identity(
    of client: TuningClient, _ member: FederationMember
  ) throws -> ClientIdentity {
    ClientIdentity(
      federation: try member.identity, version: FedKSeed.version, client: id,
      examples: client.exampleCount, heldOut: client.heldOutCount,
      memory: (try? MachineDescription.current().availableMemory) ?? 0,
      estimators: ["two-sided"] + (affordsDescent(member.run) ? ["backprop"] : []))
  }

  /// Whether there is memory for steps along all directions.
  private func affordsDescent(_ run: PreparedRun) -> Bool {
    var settings = run.method
    settings.estimator = .backprop
    return EstimatorChoice(settings, of: run.base, run.data, clients: 1).estimator == .backprop
  }

  /// Whose state it is: that of other examples or other settings would be another client's.
  private func owner(of identity: ClientIdentity, _ run: PreparedRun) -> [String: String] {
    [
      "client": "\(id)", "settings": identity.federation.digest,
      "data": run.settings[.dataSha256]?.description ?? "",
      "share": takeShare ? federation.partition : "all",
      "held-out": run.method.heldOut.map { "\($0)" } ?? "",
    ]
  }
}
