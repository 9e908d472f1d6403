internal import Bytes
internal import Datasets
package import Federation
package import FineTuning
internal import Foundation
internal import Kernels
internal import SeedBasis
package import SeedDescent
package import Service
internal import Settings
internal import Tensors
internal import Weights

// A client with a language model behind requests: `fedkseed client`.

/// What a client of a federation keeps from round to round.
package struct ServedClientState: Codable, Sendable {
  /// Where it is in its data and its random choices.
  var client: ClientState
  /// With windows: A as the client knows it, the bytes of binary32 numbers in Base64.
  private var known: String?

  init(_ client: TuningClient) {
    self.client = client.state
    known = client.known.map { Base64.text($0.coefficients.map(\.bitPattern)) }
  }

  /// A as the client knows it, shape `(K)`; 0 without windows.
  ///
  /// - Throws: ``StateError`` unless there are K numbers.
  func coefficients(count: Int) throws -> Coefficients {
    guard let known else { return Coefficients(candidateCount: count) }
    let words = Base64.words(known, as: UInt32.self) ?? []
    guard words.count == count else {
      throw StateError(
        place: "what the client knows of A", found: "\(words.count) numbers", expected: "\(count)")
    }
    return try Coefficients(words.map { Float(bitPattern: $0) })
  }
}

extension TuningClient: ServedClient {
  package var savedState: ServedClientState { ServedClientState(self) }

  package var knownRound: Int? { known?.round }

  package mutating func resume(at state: ServedClientState) throws {
    try resume(
      at: state.client, knowing: state.coefficients(count: basis.candidateCount))
  }

  package func evaluate(
    _ plan: RoundPlan, onProgress: () throws -> Void
  ) throws -> HeldOutLoss {
    guard heldOutCount > 0 else {
      return HeldOutLoss(examples: 0, loss: 0, tokens: 0, lossPerToken: 0)
    }
    let score = try evaluate(plan, onProgress: { _ in try onProgress() })
    return HeldOutLoss(
      examples: score.losses.count, loss: score.lossPerExample, tokens: score.labelCount,
      lossPerToken: score.lossPerToken)
  }
}

/// A federation as each of its members knows it: what was read, and who takes part.
package struct FederationMember {
  /// What was read of model and data.
  package let run: PreparedRun
  /// The clients and how they work together.
  package let federation: SimulationSettings
  /// What the members have agreed on.
  package let agreement: FederationSettings

  /// Creates a member.
  ///
  /// - Throws: ``SettingsError`` or ``SeedBasisError`` that names the setting.
  package init(_ run: PreparedRun, _ federation: SimulationSettings) throws {
    self.run = run
    self.federation = federation
    agreement = try federation.agreement(
      on: run.method, digest: federation.digest(with: run.method, base: run.base))
  }

  /// The number of steps of a client that takes part in all rounds.
  package var steps: Int { federation.rounds * agreement.localSteps }

  /// Returns the client `id` before its first round.
  ///
  /// - Parameters:
  ///   - takesShare: Whether the data are those of all clients, of which this one has the share that a
  ///     simulation gives it, and of those held out every N-th.
  ///   - onStep: Called after each step; may throw to stop the round.
  /// - Throws: ``SettingsError`` or `PartitionError` that names the setting.
  package func client(
    _ id: Int, takesShare: Bool, onStep: @escaping @Sendable (Step) throws -> Void
  ) throws -> TuningClient {
    let data = takesShare ? try share(of: id) : run.data
    return try TuningClient(
      id: id, base: run.base, training: data.training, heldOut: data.heldOut,
      settings: federation.clientSettings(run.method)[id], agreement: agreement, steps: steps,
      onStep: onStep)
  }

  private func share(of id: Int) throws -> TuningData {
    let partition = try Partition(
      categories: run.data.training.map(\.category), clientCount: federation.clients,
      rule: PartitionRule(parsing: federation.partition), seed: run.method.seed)
    let places = stride(from: id, to: run.data.heldOut.count, by: federation.clients)
    return TuningData(
      training: partition.clients[id].map { run.data.training[$0] },
      heldOut: places.map { run.data.heldOut[$0] })
  }

  /// What all members must have alike.
  package var identity: FederationIdentity {
    get throws {
      let record = run.method.record.merging(federation.record(with: run.method))
      let basis = try run.method.makeBasis()
      return FederationIdentity(
        base: run.base.store.identity(), parameterMap: run.base.store.parameterMapHash,
        basis: basis.kind.rawValue, candidates: basis.candidateCount, seed: "\(basis.seed)",
        probe: try basis.probe(of: run.base),
        digest: agreement.digest.text, settings: record.filter(\.isShared).texts)
    }
  }
}

extension SeedBasis {
  /// The number of elements of a direction in the probe.
  private static let probeLength = 256

  /// The SHA-256 of some elements of some directions, as this machine makes them, in hexadecimal.
  ///
  /// Of the candidates 0, 1 and K − 1, the first 256 elements of the first and of the last tensor, as the
  /// bytes of binary32 numbers, little-endian.
  fileprivate func probe(of base: LoadedModel) throws -> String {
    let map = base.store.parameters
    let values = [0, min(1, candidateCount - 1), candidateCount - 1].flatMap { candidate in
      [0, map.count - 1].flatMap { tensor in
        self.values(
          of: candidate, tensor: tensor, offset: 0,
          count: min(Self.probeLength, map[tensor].elementCount),
          instructionSet: base.context.instructionSet)
      }
    }
    return try Coefficients(values).digest
  }
}
