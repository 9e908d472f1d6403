package import Bytes
internal import Federation

// What a server reads of a client's replies, which are those of strangers.

/// Who answered a `hello`.
package struct Introduction: Equatable, Sendable {
  /// What must be as the server has it.
  package let federation: FederationIdentity
  /// The client's number.
  package let client: Int
  /// With windows, the round of the run at whose start the client knows A.
  package let knownRound: Int?

  /// Reads a reply.
  ///
  /// - Throws: ``ServiceError`` that the client gave, or that names the member that is wrong.
  package init(_ reply: JSON) throws(ServiceError) {
    var fields = try RequestFields(reply: reply)
    federation = try FederationIdentity(&fields)
    client = try fields.integer("client")
    knownRound = reply["known_round"]?.integer
  }
}

extension RequestFields {
  /// Takes the members of a client's reply.
  ///
  /// - Throws: ``ServiceError``, also if it is one.
  init(reply: JSON) throws(ServiceError) {
    try self.init(reply)
    let version = try integer("protocol")
    guard version == ServiceProtocol.version else {
      throw ServiceError(
        .version, "protocol is \(version), but must be \(ServiceProtocol.version)")
    }
    guard let error = optionalValue("error") else { return }
    let code = error["code"]?.string.flatMap(ServiceError.Code.init(rawValue:)) ?? .failed
    throw ServiceError(
      code, singleLine(error["text"]?.string ?? "an error without words", limit: 1000))
  }

  /// Throws unless the reply is to this assignment.
  mutating func check(_ work: ClientRequest.Assignment) throws(ServiceError) {
    let found = (try name("run"), try integer("round"), try name("message"))
    guard found == (work.run, work.round, work.message) else {
      throw ServiceError(
        .malformed,
        "the reply is to message '\(found.2)' of round \(found.1) of run '\(found.0)', expected "
          + "'\(work.message)', \(work.round), '\(work.run)'")
    }
  }
}

extension HeldOutLoss {
  /// Reads the reply to an evaluation.
  ///
  /// - Throws: ``ServiceError`` that the client gave, or that names the member that is wrong.
  package init(_ reply: JSON, to work: ClientRequest.Assignment) throws(ServiceError) {
    var fields = try RequestFields(reply: reply)
    try fields.check(work)
    self.init(
      examples: try fields.integer("examples"), loss: try fields.loss("loss"),
      tokens: try fields.integer("tokens"), lossPerToken: try fields.loss("loss_per_token"))
  }
}

/// What a reply to a plan has.
enum RoundAnswer {
  case reply(Reply)
  /// Nothing: this client's update is in the sum that another's reply has.
  case summed(Int)

  /// Reads the reply to a round.
  ///
  /// - Parameter client: Who was asked: nobody may answer in the name of another.
  /// - Throws: ``ServiceError`` that the client gave, or that names the member that is wrong, and
  ///   `MessageError` if the update is none.
  init(_ reply: JSON, to work: ClientRequest.Assignment, of client: Int) throws {
    var fields = try RequestFields(reply: reply)
    try fields.check(work)
    guard fields.optionalValue("summed")?.bool != true else {
      self = .summed(client)
      return
    }
    let bytes = try fields.bytes("update")
    let update = try ClientUpdate(decoding: bytes)
    guard update.client == client else {
      throw ServiceError(
        .malformed, "update: found one of client \(update.client), expected one of client \(client)"
      )
    }
    self = .reply(
      Reply(update: update, traffic: Traffic(bytesDown: work.plan.count, bytesUp: bytes.count)))
  }
}
