package import Bytes

/// What came back from one node.
package struct NodeReply: Equatable, Sendable {
  /// The node's name, which means something to the carrier only.
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
  mutating func carry(
    _ operation: String, _ requests: [(node: String, request: ClientRequest)]
  ) throws -> [NodeReply]
}

/// A carrier that another program is: it reads what is to be carried as lines from a pipe and answers each
/// on a line.
///
///     {"op":"hello","protocol":1,"request":{…}}
///     {"op":"train","protocol":1,"requests":{"NODE":{…},…}}
///     {"failures":{"NODE":"timed out"},"protocol":1,"replies":{"NODE":{…},…}}
package struct LineCarrier: RequestCarrier {
  private let channel: LineChannel
  private let isStopped: () -> Bool

  /// Creates a carrier.
  ///
  /// - Parameters:
  ///   - channel: To the other program.
  ///   - isStopped: Whether to wait no longer; asked several times a second.
  package init(_ channel: LineChannel, isStopped: @escaping () -> Bool = { false }) {
    (self.channel, self.isStopped) = (channel, isStopped)
  }

  /// Returns the most bytes of a line from a carrier to so many nodes.
  package static func lineLimit(nodes: Int, messageByteCount: Int) -> Int {
    (nodes + 1) * ServiceProtocol.lineLimit(messageByteCount: messageByteCount)
  }

  package mutating func broadcast(_ request: ClientRequest) throws -> [NodeReply] {
    try ask(["op": .string(request.operation), "request": request.json])
  }

  package mutating func carry(
    _ operation: String, _ requests: [(node: String, request: ClientRequest)]
  ) throws -> [NodeReply] {
    guard !requests.isEmpty else { return [] }
    let objects = requests.map { ($0.node, $0.request.json) }
    return try ask([
      "op": .string(operation),
      "requests": JSON(members: Dictionary(objects, uniquingKeysWith: { $1 })),
    ])
  }

  /// Tells the program how the run has ended; it does not answer.
  package func end(_ members: [String: JSON]) throws {
    try channel.write(ServiceProtocol.object(members.merging(["op": .string("end")]) { $1 }))
  }

  private func ask(_ members: [String: JSON]) throws -> [NodeReply] {
    try channel.write(ServiceProtocol.object(members.mapValues { $0 }))
    guard let line = try channel.readLine(isStopped: isStopped) else {
      if isStopped() { throw Cancelled() }
      throw ServiceError(.failed, "the program that carries messages has ended")
    }
    var fields = try RequestFields(line: line, valueLimit: JSONReader.valueLimit)
    let replies = try Self.object("replies", &fields).map { node, reply in
      NodeReply(node: node, content: .reply(reply))
    }
    let failures = try Self.object("failures", &fields).map { node, text in
      NodeReply(node: node, content: .failure(text.string ?? text.summary))
    }
    try fields.finish()
    return (replies + failures).sorted { $0.node < $1.node }
  }

  private static func object(
    _ key: String, _ fields: inout RequestFields
  ) throws(ServiceError) -> [(String, JSON)] {
    guard let value = fields.optionalValue(key) else { return [] }
    guard let object = value.object else {
      throw RequestFields.mismatch(key, value, "an object")
    }
    return object.map { ($0.key.string, $0.value) }
  }
}
