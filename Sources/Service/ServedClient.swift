package import Federation

/// What a ``ClientService`` lets work: a client of a federation, with a language model or without.
package protocol ServedClient: ClientTrainer {
  /// All that must survive from one round to the next.
  associatedtype SavedState: Codable & Sendable

  /// Where the client is in its random choices.
  var savedState: SavedState { get }

  /// The round at whose start the client knows A, where rounds have windows.
  var knownRound: Int? { get }

  /// Moves to a saved state.
  ///
  /// - Throws: If the state is that of other examples.
  mutating func resume(at state: SavedState) throws

  /// Returns the loss of the plan's model on the client's held-out examples.
  ///
  /// - Parameter onProgress: Called every so many examples; may throw to stop.
  func evaluate(_ plan: RoundPlan, onProgress: () throws -> Void) throws -> HeldOutLoss
}

/// A loss on the held-out examples of one client.
package struct HeldOutLoss: Equatable, Sendable {
  /// The number of examples; 0 if the client holds none out.
  package let examples: Int
  /// The mean of the examples' losses, in nats; 0 without examples.
  package let loss: Double
  /// The number of tokens that are learned.
  package let tokens: Int
  /// The mean over these tokens, in nats; 0 without tokens.
  package let lossPerToken: Double

  /// Creates a loss.
  package init(examples: Int, loss: Double, tokens: Int, lossPerToken: Double) {
    self.examples = examples
    self.loss = loss
    self.tokens = tokens
    self.lossPerToken = lossPerToken
  }

  /// Returns the loss on the examples of all clients together.
  ///
  /// - Parameter losses: In the order of the clients, so that the sum has the same bits every time.
  package static func mean(of losses: [HeldOutLoss]) -> HeldOutLoss {
    let examples = losses.reduce(0) { $0 + $1.examples }
    let tokens = losses.reduce(0) { $0 + $1.tokens }
    let sum = losses.reduce(0) { $0 + Double($1.examples) * $1.loss }
    let tokenSum = losses.reduce(0) { $0 + Double($1.tokens) * $1.lossPerToken }
    return HeldOutLoss(
      examples: examples, loss: examples == 0 ? 0 : sum / Double(examples), tokens: tokens,
      lossPerToken: tokens == 0 ? 0 : tokenSum / Double(tokens))
  }
}
