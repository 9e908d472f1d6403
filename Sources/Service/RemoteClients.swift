internal import Bytes
internal import Crypto
package import Federation

/// The clients of a federation as its server reaches them: through a carrier, by their numbers.
package final class RemoteClients<Carrier: RequestCarrier> {
  /// What carries.
  private var carrier: Carrier
  /// The run, which clients know by this name.
  package var run: String
  /// The node of each client that has introduced itself and agrees.
  package private(set) var nodes: [Int: String] = [:]
  /// The clients who refused the last plan they had: what they know of A may not be what it was.
  package private(set) var refusing: Set<Int> = []

  private let identity: FederationIdentity
  private let clientCount: Int
  private let note: (String) -> Void
  /// Why nodes were refused the last time, so that it is said once.
  private var refusals: [String: String] = [:]
  /// How many nodes are named one by one: there may be as many as strangers make.
  private static var namedRefusals: Int { 20 }

  /// Creates the clients, of whom none is known yet.
  ///
  /// - Parameters:
  ///   - identity: What each of them must have alike.
  ///   - clientCount: N.
  ///   - note: Told in a sentence of each client that is refused or does not answer.
  package init(
    over carrier: Carrier, run: String, identity: FederationIdentity, clientCount: Int,
    note: @escaping (String) -> Void
  ) {
    self.carrier = carrier
    self.run = run
    self.identity = identity
    self.clientCount = clientCount
    self.note = note
  }

  /// Asks all nodes who they are; a carrier may answer for those it has asked before.
  ///
  /// - Returns: The clients who were not there the last time, and with windows the round at whose start
  ///   each knows A.
  /// - Throws: The errors of the carrier.
  package func meet() throws -> [Int: Int?] {
    var newcomers: [Int: Int?] = [:]
    var refused: [(node: String, why: String)] = []
    let before = nodes
    nodes = [:]
    for reply in try carrier.broadcast(.hello(run: run)) {
      switch introduction(reply) {
      case .success(let member):
        nodes[member.client] = reply.node
        if before[member.client] != reply.node {
          newcomers.updateValue(member.knownRound, forKey: member.client)
        }
      case .failure(let error): refused.append((reply.node, error.text))
      }
    }
    say(refused)
    return newcomers
  }

  private func say(_ refused: [(node: String, why: String)]) {
    let news = refused.filter { refusals[$0.node] != $0.why }
    refusals = Dictionary(refused.map { ($0.node, $0.why) }, uniquingKeysWith: { $1 })
    for (node, why) in news.prefix(Self.namedRefusals) { note("node \(node) is refused: \(why)") }
    let more = news.count - Self.namedRefusals
    if more > 0 { note("refused nodes that are not named: \(more)") }
  }

  private func introduction(_ reply: NodeReply) -> Result<Introduction, ServiceError> {
    Result { () throws(ServiceError) in
      guard case .reply(let json) = reply.content else {
        throw ServiceError(.failed, reply.failure ?? "no reply")
      }
      let member = try Introduction(json)
      let name = "client \(member.client)"
      if let sentence = identity.disagreement(with: member.federation) {
        throw ServiceError(.refused, "\(name): \(sentence)")
      }
      guard member.client < clientCount else {
        throw ServiceError(
          .refused, "\(name), but clients are numbered from 0 to \(clientCount - 1)")
      }
      if let other = nodes[member.client] {
        throw ServiceError(.refused, "\(name), but node \(other) is that client already")
      }
      return member
    }
  }

  /// Sends plans to their clients and returns the answers of those who gave one, in the order of the
  /// plans.
  ///
  /// - Parameter privacy: What the answers cost in privacy, for the carrier to account for.
  /// - Throws: The errors of the carrier.
  package func exchange(
    _ plans: [RoundPlan], privacy: PrivacyCost? = nil
  ) throws -> [Reply] {
    refusing = []
    let facts = privacy.map { ["privacy": $0.json] } ?? [:]
    let answers = try ask("train", plans, facts: facts) { plan, work, reply in
      try RoundAnswer(reply, to: work, of: plan.client)
    }
    return replies(of: answers, takesSums: privacy?.rule.placement == .central)
  }

  /// A sum says of how many updates it is, where one says 1; whoever says to be in one, where there is
  /// none, has not answered.
  private func replies(of answers: [RoundAnswer], takesSums: Bool) -> [Reply] {
    let summed = answers.compactMap { if case .summed(let client) = $0 { client } else { nil } }
    let replies = answers.compactMap { if case .reply(let reply) = $0 { reply } else { nil } }
    let sum = replies.firstIndex { $0.update.exampleCount == summed.count + 1 }
    guard takesSums, !summed.isEmpty, let sum else {
      summed.forEach { note("client \($0) says to be in a sum of updates, but there is none") }
      return replies
    }
    return replies.indices.map {
      $0 == sum
        ? Reply(update: replies[$0].update, traffic: replies[$0].traffic, others: summed)
        : replies[$0]
    }
  }

  /// Has clients evaluate the model of their plans, and returns their losses in the order of the plans.
  ///
  /// - Throws: The errors of the carrier.
  package func evaluate(_ plans: [RoundPlan]) throws -> [HeldOutLoss] {
    try ask("evaluate", plans) { _, work, reply in try HeldOutLoss(reply, to: work) }
  }

  private func ask<Reading>(
    _ operation: String, _ plans: [RoundPlan], facts: [String: JSON] = [:],
    _ read: (RoundPlan, ClientRequest.Assignment, JSON) throws -> Reading
  ) throws -> [Reading] {
    let plans = plans.filter { plan in
      if nodes[plan.client] == nil { note("client \(plan.client) is not there") }
      return nodes[plan.client] != nil
    }
    let works = plans.map { assignment($0) }
    let requests = zip(plans, works).compactMap { plan, work in
      nodes[plan.client].map {
        (node: $0, request: operation == "train" ? ClientRequest.train(work) : .evaluate(work))
      }
    }
    let replies = Dictionary(
      try carrier.carry(operation, requests, facts: facts).map { ($0.node, $0) },
      uniquingKeysWith: { $1 })
    return zip(plans, works).compactMap { plan, work in
      do {
        guard case .reply(let json) = replies[nodes[plan.client] ?? ""]?.content else {
          let failure = replies[nodes[plan.client] ?? ""]?.failure
          throw ServiceError(.failed, failure ?? "no reply")
        }
        return try read(plan, work, json)
      } catch {
        if (error as? ServiceError)?.code == .refused { refusing.insert(plan.client) }
        note("client \(plan.client), round \(plan.round), \(operation): \(error)")
        return nil
      }
    }
  }

  /// The name of a message is made of its plan: one that is sent again has the name it had.
  private func assignment(_ plan: RoundPlan) -> ClientRequest.Assignment {
    let bytes = plan.encoded()
    return ClientRequest.Assignment(
      run: run, round: plan.round,
      message: hexadecimal(SHA256.hash(data: bytes).prefix(8)), plan: bytes)
  }
}

extension PrivacyCost {
  /// As an accountant takes it.
  fileprivate var json: JSON {
    JSON(members: [
      "placement": .string(rule.placement.rawValue), "clip": .number(rule.clip),
      "noise_multiplier": .number(rule.noiseMultiplier),
      "sampling_rate": .number(samplingRate), "releases": .integer(releases),
      "step": .number(step),
    ])
  }
}

extension NodeReply {
  /// Why there is no reply.
  fileprivate var failure: String? {
    guard case .failure(let text) = content else { return nil }
    return singleLine(text, limit: 1000)
  }
}
