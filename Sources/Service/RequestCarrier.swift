package import Bytes

/// What came back from one node.
package struct NodeReply: Equatable, Sendable {
  /// The node's name (``ServiceProtocol/isName(_:)``), which means something to the carrier only.
  package let node: String
  /// The client's reply, or in words why there is none.
  package let content: Content

  /// A reply or the lack of one.
  package enum Content: Equatable, Sendable {
    case reply(JSON)
    case failure(String)
  }

  /// Creates a reply.
  package init(node: String, content: Content) {
    (self.node, self.content) = (node, content)
  }
}

/// Carries requests to nodes, at each of which is a client, and brings back what they reply.
///
/// It looks into neither; which nodes there are, how long one waits for them and who may be one of them is
/// its business alone.
package protocol RequestCarrier {
  /// Asks every node there is.
  mutating func broadcast(_ request: ClientRequest) throws -> [NodeReply]

  /// Asks each of these nodes for something of its own; all at once.
  ///
  /// - Parameter facts: What the carrier may want to know of the run, for no client.
  mutating func carry(
    _ operation: String, _ requests: [(node: String, request: ClientRequest)],
    facts: [String: JSON]
  ) throws -> [NodeReply]
}

/// A carrier that another program is: it reads what is to be carried as lines from a pipe and answers each
/// on a line.
///
///     {"op":"hello","protocol":1,"reply_limit":65536,"request":{…}}
///     {"op":"train","protocol":1,"reply_limit":87000,"requests":{"NODE":{…},…}}
///     {"failures":{"NODE":"timed out"},"protocol":1,"replies":{"NODE":"{…}",…}}
///
/// Replies come as texts, each read by itself: what a stranger sends spoils no other's.
package struct LineCarrier: RequestCarrier {
  private let channel: LineChannel
  private let replyLimit: Int
  private let isStopped: () -> Bool

  /// Creates a carrier.
  ///
  /// - Parameters:
  ///   - channel: To the other program.
  ///   - replyLimit: The most bytes of a client's reply.
  ///   - isStopped: Whether to wait no longer; asked several times a second.
  package init(
    _ channel: LineChannel, replyLimit: Int, isStopped: @escaping () -> Bool = { false }
  ) {
    (self.channel, self.replyLimit, self.isStopped) = (channel, replyLimit, isStopped)
  }

  /// Returns the most bytes of a reply with a message of `messageByteCount` bytes.
  package static func replyLimit(messageByteCount: Int) -> Int {
    ServiceProtocol.lineLimit(messageByteCount: messageByteCount)
  }

  /// Returns the most bytes of a line from a carrier to some nodes, in which each quote takes two.
  ///
  /// - Parameter nodes: How many are clients; there may be as many again who are none.
  package static func lineLimit(nodes: Int, replyLimit: Int) -> Int {
    2 * (2 * nodes + 16) * replyLimit
  }

  package mutating func broadcast(_ request: ClientRequest) throws -> [NodeReply] {
    try ask(["op": .string(request.operation), "request": request.json])
  }

  package mutating func carry(
    _ operation: String, _ requests: [(node: String, request: ClientRequest)],
    facts: [String: JSON]
  ) throws -> [NodeReply] {
    guard !requests.isEmpty else { return [] }
    let objects = requests.map { ($0.node, $0.request.json) }
    let members: [String: JSON] = [
      "op": .string(operation),
      "requests": JSON(members: Dictionary(objects, uniquingKeysWith: { $1 })),
    ]
    return try ask(members.merging(facts) { $1 })
  }

  /// Tells the program how the run has ended; it does not answer.
  package func end(_ members: [String: JSON]) throws {
    try channel.write(ServiceProtocol.object(members.merging(["op": .string("end")]) { $1 }))
  }

  private func ask(_ members: [String: JSON]) throws -> [NodeReply] {
    let limit = ["reply_limit": JSON.integer(replyLimit)]
    try channel.write(ServiceProtocol.object(members.merging(limit) { $1 }.mapValues { $0 }))
    guard let line = try channel.readLine(isStopped: isStopped) else {
      if isStopped() { throw Cancelled() }
      throw ServiceError(.failed, "the program that carries messages has ended")
    }
    var fields = try RequestFields(line: line, valueLimit: JSONReader.valueLimit)
    let replies = try Self.object("replies", &fields).map { node, text in
      NodeReply(node: node, content: Self.content(of: text))
    }
    let failures = try Self.object("failures", &fields).map { node, text in
      NodeReply(node: node, content: .failure(text.string ?? text.summary))
    }
    try fields.finish()
    return (replies + failures).sorted { $0.node < $1.node }
  }

  /// Reads a client's reply, by itself.
  private static func content(of text: JSON) -> NodeReply.Content {
    guard let text = text.string else { return .failure("found \(text.summary), expected a text") }
    do throws(JSONError) {
      let bytes = Array(text.utf8)
      return .reply(
        try JSON.parse(bytes[...], valueLimit: ServiceProtocol.replyValueLimit))
    } catch {
      return .failure("the reply is no JSON: \(error)")
    }
  }

  /// Takes values by the names of nodes.
  private static func object(
    _ key: String, _ fields: inout RequestFields
  ) throws(ServiceError) -> [(String, JSON)] {
    guard let value = fields.optionalValue(key) else { return [] }
    guard let object = value.object else {
      throw RequestFields.mismatch(key, value, "an object")
    }
    return try object.map { node, value throws(ServiceError) in
      (try RequestFields.checkedName(node.string, key: "\(key): node"), value)
    }
  }
}
