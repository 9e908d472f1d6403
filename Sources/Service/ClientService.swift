package import Bytes
internal import Crypto
package import Federation
internal import Foundation

/// A client of a federation behind ``ClientRequest``s: what `fedkseed client` serves on its socket.
///
/// One piece of work is done at a time, on one thread; whoever asks meanwhile waits, but for `status`,
/// `cancel` and `shutdown`. An answer is durable before it is given, together with where the client then
/// is; so a request that comes again has the same answer, also after `kill -9`, and a round that was not
/// answered has left nothing.
///
/// It knows no model, no socket and no engine of a federation.
package final class ClientService<Client: ServedClient>: Sendable {
  /// Who the client is.
  package let identity: ClientIdentity
  /// The most bytes of a request.
  package let lineLimit: Int

  private let client: Client
  private let privacy: PrivacyRule?
  private let folder: StateFolder<Client.SavedState>
  private let monitor: WorkMonitor
  private let thread = WorkThread()

  /// Creates the service of a client before its first round.
  ///
  /// - Parameters:
  ///   - client: The client at its start; it counts its steps at `monitor`.
  ///   - settings: What the federation agreed on.
  package init(
    _ client: Client, identity: ClientIdentity, settings: FederationSettings,
    folder: StateFolder<Client.SavedState>, monitor: WorkMonitor
  ) {
    self.client = client
    self.identity = identity
    self.folder = folder
    self.monitor = monitor
    privacy = settings.privacy
    lineLimit = ServiceProtocol.lineLimit(
      messageByteCount: RoundPlan.byteCount(valueCount: 4 * settings.candidateCount))
  }

  /// Returns the answer to one line, as an object of JSON.
  package func reply(to line: [UInt8]) -> JSON {
    do {
      let request = try ClientRequest(line: line)
      do {
        let members = try answer(request)
        return ServiceProtocol.object(
          members.merging(["op": .string(request.operation)]) { $1 }.mapValues { $0 })
      } catch {
        return Self.refusal(ServiceError(explaining: error), of: request.operation)
      }
    } catch {
      return Self.refusal(error, of: nil)
    }
  }

  /// Returns the answer that a request is not granted.
  package static func refusal(_ error: ServiceError, of operation: String?) -> JSON {
    ServiceProtocol.object([
      "op": operation.map(JSON.string),
      "error": JSON(members: ["code": .string(error.code.rawValue), "text": .string(error.text)]),
    ])
  }

  private func answer(_ request: ClientRequest) throws -> [String: JSON] {
    switch request {
    case .hello(let run): try hello(run)
    case .train(let work): try thread.run { try self.train(work) }
    case .evaluate(let work): try thread.run { try self.evaluate(work) }
    case .status: status
    case .cancel(let message): ["cancelled": .bool(monitor.cancel(message: message))]
    case .shutdown: shutDown()
    }
  }

  private func shutDown() -> [String: JSON] {
    monitor.end()
    return [:]
  }

  private func hello(_ run: String?) throws -> [String: JSON] {
    guard let run else { return identity.members }
    let memory = try folder.memory(of: run)
    var known = client
    if let memory { try known.resume(at: memory.after) }
    return identity.members.merging(
      [
        "run": .string(run), "last_round": memory.map { .integer($0.answer.round) } ?? .null,
        "known_round": known.knownRound.map(JSON.integer) ?? .null,
      ]
    ) { $1 }
  }

  private var status: [String: JSON] {
    guard let work = monitor.work else { return ["work": .null] }
    return [
      "work": .string(work.operation), "run": .string(work.assignment.run),
      "round": .integer(work.assignment.round), "message": .string(work.assignment.message),
      "steps": .integer(work.steps),
    ]
  }
}

// Rounds.

extension ClientService {
  private typealias Memory = RunMemory<Client.SavedState>

  private func train(_ work: ClientRequest.Assignment) throws -> [String: JSON] {
    let plan = try Self.plan(of: work)
    let memory = try folder.memory(of: work.run)
    let hash = hexadecimal(SHA256.hash(data: work.plan))
    if let answer = memory?.answer, answer.round == work.round, answer.plan == hash {
      return Self.members(of: work, update: answer.update)
    }
    let start = try Self.start(of: work, after: memory)
    var client = client
    if let start { try client.resume(at: start) }
    let update = try monitor.run("train", work) { Data(try client.train(plan).encoded()) }
    try folder.save(
      Memory(
        before: start, after: client.savedState,
        answer: Memory.Answer(
          message: work.message, round: work.round, plan: hash, update: update)), of: work.run)
    return Self.members(of: work, update: update)
  }

  /// Returns where the client begins the round.
  ///
  /// A round may be asked for again, with another plan, as long as no later one has been answered: its
  /// first answer is then as if it had not been.
  private static func start(
    of work: ClientRequest.Assignment, after memory: Memory?
  ) throws(ServiceError) -> Client.SavedState? {
    guard let memory else { return nil }
    guard memory.answer.message != work.message else {
      throw ServiceError(
        .refused, "the message '\(work.message)' had another plan: give this one another name")
    }
    guard work.round >= memory.answer.round else {
      throw ServiceError(
        .stale,
        "round \(work.round) is over: the last one answered is \(memory.answer.round); begin another "
          + "run")
    }
    return work.round == memory.answer.round ? memory.before : memory.after
  }

  private func evaluate(_ work: ClientRequest.Assignment) throws -> [String: JSON] {
    guard privacy == nil else {
      throw ServiceError(
        .refused, "with '--dp' a client does not tell its loss: let the server evaluate on '--data'"
      )
    }
    let plan = try Self.plan(of: work)
    var client = client
    if let memory = try folder.memory(of: work.run) { try client.resume(at: memory.after) }
    let loss = try monitor.run("evaluate", work) {
      try client.evaluate(plan, onProgress: { try monitor.check() })
    }
    return Self.names(of: work).merging(
      [
        "examples": .integer(loss.examples), "loss": .number(loss.loss),
        "tokens": .integer(loss.tokens), "loss_per_token": .number(loss.lossPerToken),
      ]
    ) { $1 }
  }

  private static func plan(of work: ClientRequest.Assignment) throws -> RoundPlan {
    let plan = try RoundPlan(decoding: work.plan)
    guard plan.round == work.round else {
      throw ServiceError(
        .refused, "round is \(work.round) in the request and \(plan.round) in its plan")
    }
    return plan
  }

  private static func names(of work: ClientRequest.Assignment) -> [String: JSON] {
    [
      "run": .string(work.run), "round": .integer(work.round), "message": .string(work.message),
    ]
  }

  private static func members(
    of work: ClientRequest.Assignment, update: Data
  ) -> [String: JSON] {
    names(of: work).merging(["update": .string(update.base64EncodedString())]) { $1 }
  }
}

extension ServiceError {
  /// What a peer is told of an error of the work.
  fileprivate init(explaining error: any Error) {
    switch error {
    case let error as ServiceError: self = error
    case is Cancelled: self.init(.cancelled, "the work was cancelled and has left no trace")
    case is FederationError, is MessageError: self.init(.refused, "\(error)")
    default: self.init(.failed, singleLine("\(error)", limit: 1000))
    }
  }
}
