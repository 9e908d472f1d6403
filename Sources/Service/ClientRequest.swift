package import Bytes
internal import Foundation

/// What a client of a federation is asked for, one line of JSON each.
package enum ClientRequest: Equatable, Sendable {
  /// Who the client is; with a run, also what it knows of it.
  case hello(run: String?)
  /// The steps of a round.
  case train(Assignment)
  /// The loss of a plan's model on the client's held-out examples.
  case evaluate(Assignment)
  /// What it does right now.
  case status
  /// To give up what it does, if that has this message or any.
  case cancel(message: String?)
  /// To end.
  case shutdown

  /// A plan with the names of what it belongs to.
  package struct Assignment: Equatable, Sendable {
    /// The run, which has rounds from 0.
    package let run: String
    /// The round.
    package let round: Int
    /// The message: one that comes again has the name it had.
    package let message: String
    /// The encoded `RoundPlan`.
    package let plan: [UInt8]

    /// Creates an assignment.
    package init(run: String, round: Int, message: String, plan: [UInt8]) {
      (self.run, self.round, self.message, self.plan) = (run, round, message, plan)
    }

    fileprivate init(_ fields: inout RequestFields) throws(ServiceError) {
      run = try fields.name("run")
      round = try fields.integer("round")
      message = try fields.name("message")
      plan = try fields.bytes("plan")
    }
  }

  /// The word for it in the line.
  package var operation: String {
    switch self {
    case .hello: "hello"
    case .train: "train"
    case .evaluate: "evaluate"
    case .status: "status"
    case .cancel: "cancel"
    case .shutdown: "shutdown"
    }
  }

  /// Reads a line of a stranger.
  ///
  /// - Throws: ``ServiceError`` that names the member that is wrong.
  package init(line: [UInt8]) throws(ServiceError) {
    var fields = try RequestFields(line: line, valueLimit: ServiceProtocol.requestValueLimit)
    let operation = try fields.text("op")
    switch operation {
    case "hello": self = .hello(run: try fields.optionalName("run"))
    case "train": self = .train(try Assignment(&fields))
    case "evaluate": self = .evaluate(try Assignment(&fields))
    case "status": self = .status
    case "cancel": self = .cancel(message: try fields.optionalName("message"))
    case "shutdown": self = .shutdown
    default:
      throw RequestFields.mismatch(
        "op", .string(operation), "hello, train, evaluate, status, cancel or shutdown")
    }
    try fields.finish()
  }

  /// The request as an object.
  package var json: JSON {
    var members: [String: JSON?] = ["op": .string(operation)]
    switch self {
    case .hello(let run): members["run"] = run.map(JSON.string)
    case .train(let work), .evaluate(let work):
      members["run"] = .string(work.run)
      members["round"] = .integer(work.round)
      members["message"] = .string(work.message)
      members["plan"] = .string(Data(work.plan).base64EncodedString())
    case .cancel(let message): members["message"] = message.map(JSON.string)
    case .status, .shutdown: break
    }
    return ServiceProtocol.object(members)
  }
}
