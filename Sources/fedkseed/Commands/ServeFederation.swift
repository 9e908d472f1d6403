internal import ArgumentParser
internal import Bytes
internal import Federation
internal import FineTuning
internal import Foundation
internal import Runs
internal import SeedBasis
internal import SeedDescent
internal import Service
internal import Settings

/// Runs the server of a federation.
struct ServeFederation: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "server",
    abstract: "Run the server of a federation whose clients are elsewhere.",
    discussion: """
      Plans rounds, adds up what clients answer, and keeps the run in DIR as 'simulate' does, after \
      each round. Another program starts it and carries its requests to the clients: it reads them \
      from standard output and writes the answers to standard input, one JSON object a line, as \
      Documentation/ClientProtocol.md says. Integrations/Flower is such a program.

        fedkseed server MODEL --config federation.yaml --out runs/ours
        fedkseed server --resume runs/ours

      Without '--data' the server has no examples, and the clients measure the held-out loss. The same \
      clients with the same data and settings come to the same bits as in 'simulate'.
      """)

  /// Who measures the held-out loss.
  typealias Evaluator = RemoteFederation<LineCarrier>.Evaluator

  @OptionGroup var options: RunOptions
  @OptionGroup(title: "Federation") var federation: FederationOptions

  @Option(help: "The folder to write to.", completion: .directory)
  var out: String

  @Option(
    help: "How many answers are enough for a round; those of all its clients if not given.")
  var quorum: Int?

  @Option(help: "How often a round is tried whose answers are too few.")
  var attempts = 3

  @Option(
    help: ArgumentHelp(
      "Who measures the held-out loss: server or clients.",
      discussion: "If not given, the server if it has examples."))
  var evaluator: Evaluator?

  @Option(help: "Go on with the run in this folder, with its settings.", completion: .directory)
  var resume: String?

  @OptionGroup var existing: ForceOption

  func validate() throws {
    guard (1...100).contains(attempts), (1...Int(Int32.max)).contains(quorum ?? 1) else {
      throw InputError("'--quorum' must be at least 1, and '--attempts' from 1 to 100")
    }
  }

  func run() throws {
    let settings = federation.settings
    try federation.check()
    var plan = RunPlan(length: settings.rounds)
    plan.evaluationInterval = 1
    plan.stopping = try settings.patience.map { try EarlyStopping(patience: $0) }
    let files = RunFiles(serving: out)
    let mode = try existing.mode(resume: resume, out: out)
    let isNew = try files.prepare(mode, inputs: options.inputs)
    defer { if isNew { files.removeIfEmpty() } }
    let prepared = try options.prepare(isMember: true, mayLackData: true) { method, _ in
      settings.record(with: method)
    }
    let member = try FederationMember(prepared, settings)
    // A carrier that is gone is an error of a write, not the end of the process.
    _ = signal(SIGPIPE, SIG_IGN)
    let interruption = Interruption()
    let carrier = carrier(member.agreement, isStopped: { interruption.isRequested })
    let rules = try rules(prepared, member.agreement)
    var run = try DurableRun(
      prepared, plan, in: files, mode: mode, wantsStop: { interruption.isRequested }
    ) { _ in
      try RemoteFederation(member, over: carrier, rules: rules, note: { Output.log("note: \($0)") })
    }
    try tell(carrier, try run.run(), files)
  }

  private func rules(
    _ run: PreparedRun, _ agreement: FederationSettings
  ) throws -> RemoteFederation<LineCarrier>.Rules {
    guard quorum ?? 1 <= agreement.participantCount else {
      throw InputError(
        "'--quorum' must be at most \(agreement.participantCount), the clients of a round, but is "
          + "\(quorum ?? 0)")
    }
    guard evaluator != .server || !run.data.heldOut.isEmpty else {
      throw InputError(
        "'--evaluator server' needs examples: give '--data', or leave it to the clients")
    }
    guard agreement.privacy == nil || !run.data.heldOut.isEmpty && evaluator != .clients else {
      throw InputError(
        "with '--dp' clients do not tell their losses: give the server '--data', by which it measures "
          + "the held-out loss")
    }
    var rules = RemoteFederation<LineCarrier>.Rules()
    rules.quorum = quorum
    rules.attempts = attempts
    rules.evaluator = evaluator ?? (run.data.heldOut.isEmpty ? .clients : .server)
    return rules
  }

  private func carrier(
    _ agreement: FederationSettings, isStopped: @escaping () -> Bool
  ) -> LineCarrier {
    let steps = agreement.localSteps * agreement.directions
    let message = max(
      RoundPlan.byteCount(valueCount: agreement.candidateCount),
      ClientUpdate.byteCount(stepCount: steps, candidateCount: agreement.candidateCount))
    let replyLimit = LineCarrier.replyLimit(messageByteCount: message)
    let channel = LineChannel(
      reading: STDIN_FILENO, writing: STDOUT_FILENO,
      limit: LineCarrier.lineLimit(nodes: agreement.clientCount, replyLimit: replyLimit))
    return LineCarrier(channel, replyLimit: replyLimit, isStopped: isStopped)
  }

  private func tell(
    _ carrier: LineCarrier, _ result: RunResult<LoggedRound>, _ files: RunFiles
  ) throws {
    try carrier.end([
      "model": .string(files.model), "rounds": .integer(result.entries.count),
      "loss_before": .number(result.lossBefore), "loss_after": .number(result.lossAfter),
      "coefficients_sha256": result.entries.last?.coefficientsSha256.map(JSON.string) ?? .null,
    ])
  }
}

extension RemoteFederation<LineCarrier>.Evaluator: ExpressibleByArgument {}
