internal import Federation
internal import Foundation
internal import SeedBasis

/// A simulation as its folder records it, from which every past model can be made.
struct RecordedRun {
  private let path: String
  private let model: SeedCheckpoint
  private let rounds: [LoggedRound]

  /// Reads the folder at `path`.
  ///
  /// - Throws: ``InputError`` or `SeedCheckpointError` that names the file.
  init(path: String) throws {
    self.path = path
    model = try SeedCheckpoint.read(path: path + "/" + RunFile.model.rawValue)
    rounds = try LoggedRound.read(path: path + "/" + RunFile.rounds.rawValue)
    for round in rounds {
      for update in round.updates where update.candidateCount != model.basis.candidateCount {
        throw InputError(
          "'\(path)': round \(round.summary.round) has \(update.candidateCount) candidates, but "
            + "\(RunFile.model.rawValue) has \(model.basis.candidateCount): they are of different runs"
        )
      }
    }
  }

  /// Returns the model after `count` rounds; 0 is the untuned one.
  ///
  /// - Throws: ``InputError`` if there are fewer, or the messages do not give what the log says.
  func model(after count: Int) throws -> SeedCheckpoint {
    guard (0...rounds.count).contains(count) else {
      throw InputError(
        "'--round' must be a whole number from 0 to \(rounds.count), the rounds that '\(path)' has, "
          + "but is \(count)")
    }
    let coefficients = try sum(rounds.prefix(count), without: nil)
    if let last = rounds.prefix(count).last, last.coefficientsSha256 != coefficients.digest {
      throw InputError(
        "'\(path)': the messages up to round \(count) do not add up to the model that the log names: "
          + "the log is damaged")
    }
    return checkpoint(coefficients, rounds.prefix(count), ["made-by": "fedkseed kseed at"])
  }

  /// Returns the last model less the part that one client's messages have in it.
  ///
  /// - Throws: ``InputError`` if it took part in no round.
  func model(without client: Int) throws -> SeedCheckpoint {
    guard rounds.contains(where: { $0.updates.contains { $0.client == client } }) else {
      let clients = Set(rounds.flatMap { $0.updates.map(\.client) }).sorted()
      throw InputError(
        "client \(client) took part in no round of '\(path)'; those who did: "
          + clients.map(String.init).joined(separator: " "))
    }
    return checkpoint(
      try sum(rounds[...], without: client), rounds[...],
      ["made-by": "fedkseed kseed without", "without-client": "\(client)"], except: client)
  }

  /// Does again what the server did.
  private func sum(
    _ rounds: ArraySlice<LoggedRound>, without client: Int?
  ) throws -> Coefficients {
    var global = GlobalModel(
      coefficients: Coefficients(candidateCount: model.basis.candidateCount))
    let momentum = model.history.settings["server-momentum"].flatMap(Double.init) ?? 0
    let aggregator = Aggregator(optimizer: ServerOptimizer(momentum: momentum))
    for round in rounds {
      try aggregator.merge(round.updates, into: &global, without: client)
    }
    return global.coefficients
  }

  private func checkpoint(
    _ coefficients: Coefficients, _ rounds: ArraySlice<LoggedRound>, _ note: [String: String],
    except client: Int? = nil
  ) -> SeedCheckpoint {
    let steps = rounds.flatMap(\.updates).filter { $0.client != client }
      .reduce(0) { $0 + $1.stepCount }
    return model.remade(coefficients, steps: steps, rounds: rounds.count, notes: note)
  }
}

extension SeedCheckpoint {
  /// Returns what the same run had at another time: the same base and basis, other coefficients.
  func remade(
    _ coefficients: Coefficients, steps: Int, rounds: Int, notes: [String: String]
  ) -> SeedCheckpoint {
    SeedCheckpoint(
      baseHash: baseHash, parameterMapHash: parameterMapHash, basis: basis,
      coefficients: coefficients,
      history: SeedCheckpoint.History(
        epsilon: history.epsilon, learningRate: history.learningRate, steps: steps,
        rounds: rounds, tool: history.tool, settings: history.settings.merging(notes) { $1 }))
  }
}
