import Bytes
import Federation
import Foundation
import SeedBasis
import SeedDescent
import Service
import Settings

/// ½ Σ_k (A_k − t)²: a loss in place of a model's.
struct Quadratic: Objective {
  let target: Double

  func losses(
    on batch: Int, at coefficients: Coefficients, perturbedBy perturbation: Perturbation
  ) -> LossPair {
    let epsilon = Double(perturbation.epsilon) * Double(1 + batch % 3)
    return LossPair(
      plus: loss(coefficients, moved: -epsilon, at: perturbation.candidate),
      minus: loss(coefficients, moved: epsilon, at: perturbation.candidate))
  }

  func oneSidedLosses(
    on batch: Int, at coefficients: Coefficients, perturbedBy perturbations: [Perturbation]
  ) -> (base: Double, plus: [Double]) {
    (
      loss(coefficients, moved: 0, at: 0),
      perturbations.map {
        loss(coefficients, moved: -Double($0.epsilon), at: $0.candidate)
      }
    )
  }

  func lossAndGradient(
    on batch: Int, at coefficients: Coefficients
  ) -> (loss: Double, gradient: [Double]) {
    (
      loss(coefficients, moved: 0, at: 0),
      coefficients.rounded.map { Double($0) - target - Double(batch % 3) / 8 }
    )
  }

  func loss(_ coefficients: Coefficients, moved distance: Double, at place: Int) -> Double {
    coefficients.rounded.enumerated().reduce(0) { sum, coefficient in
      let error = Double(coefficient.element) + (coefficient.offset == place ? distance : 0)
      return sum + (error - target) * (error - target) / 2
    }
  }
}

/// The batches 0, 1, 2 and so on.
struct Counter: IteratorProtocol {
  var upcoming = 0

  mutating func next() -> Int? {
    defer { upcoming += 1 }
    return upcoming
  }
}

/// A client whose loss is a quadratic.
struct FakeClient: ServedClient {
  struct SavedState: Codable, Equatable, Sendable {
    var position: UInt64
    var upcoming: Int
    var known: [Float]?
    var knownRound: Int?
  }

  var trainer: FederatedClient<Quadratic, Counter>
  let onStep: @Sendable () -> Void

  init(
    id: Int, settings: FederationSettings, monitor: WorkMonitor,
    onStep: @escaping @Sendable () -> Void = {}
  ) throws {
    self.onStep = onStep
    trainer = FederatedClient(
      id: id, settings: settings, tuner: try Fake.tuner(settings), batches: Counter(),
      exampleCount: 10 + id, objective: { Quadratic(target: Double(3 + id)) })
    trainer.onStep = { _ in
      onStep()
      try monitor.countStep()
    }
  }

  var savedState: SavedState {
    SavedState(
      position: trainer.sampler.position, upcoming: trainer.batches.upcoming,
      known: trainer.known?.coefficients, knownRound: trainer.known?.round)
  }

  var knownRound: Int? { trainer.known?.round }

  mutating func resume(at state: SavedState) {
    trainer.sampler.position = state.position
    trainer.batches.upcoming = state.upcoming
    if let known = state.known, let round = state.knownRound {
      trainer.known = KnownModel(coefficients: known, round: round)
    }
  }

  mutating func train(_ plan: RoundPlan) throws -> ClientUpdate { try trainer.train(plan) }

  func evaluate(_ plan: RoundPlan, onProgress: () throws -> Void) throws -> HeldOutLoss {
    onStep()
    try onProgress()
    let model = try Coefficients(plan.model(knowing: trainer.known))
    let loss = Quadratic(target: Double(3 + trainer.id)).loss(model, moved: 0, at: 0)
    return HeldOutLoss(examples: trainer.id, loss: loss, tokens: 2, lossPerToken: loss / 2)
  }
}

enum Fake {
  static func settings(
    clients: Int = 3, candidates: Int = 16, localSteps: Int = 20, admitsAll: Bool = false,
    window: Int? = nil, precision: CoefficientPrecision = .binary32, privacy: PrivacyRule? = nil
  ) throws -> FederationSettings {
    try FederationSettings(
      clientCount: clients, participation: Participation(1), candidateCount: candidates,
      localSteps: localSteps, precision: precision, admitsAll: admitsAll, windowSize: window,
      seed: 1, privacy: privacy, digest: SettingsDigest(of: ["basis": "none"]))
  }

  static func tuner(_ settings: FederationSettings) throws -> LocalTuner {
    LocalTuner(
      estimator: settings.admitsAll ? .backprop : .twoSided,
      twoPoint: try TwoPointEstimator(epsilon: 1 / 256),
      learningRate: try LearningRate(constant: 0.01))
  }

  static let federation = FederationIdentity(
    base: "b", parameterMap: "m", basis: "none", candidates: 16, seed: "1", probe: "p",
    digest: "d", settings: ["lr": "0.01", "batch": "1"])

  static func identity(client: Int) -> ClientIdentity {
    ClientIdentity(
      federation: federation, version: "0", client: client, examples: 10 + client,
      heldOut: client, memory: 1 << 30, estimators: ["two-sided"])
  }

  static func owner(_ client: Int) -> [String: String] { ["client": "\(client)", "data": "d"] }

  /// The service of a client with its state in a folder.
  static func service(
    _ settings: FederationSettings, client: Int = 0, in folder: String,
    monitor: WorkMonitor = WorkMonitor(), onStep: @escaping @Sendable () -> Void = {}
  ) throws -> ClientService<FakeClient> {
    var fake = try FakeClient(id: client, settings: settings, monitor: monitor, onStep: onStep)
    let folder = try StateFolder<FakeClient.SavedState>(path: folder, owner: owner(client))
    if settings.privacy != nil { fake.trainer.secret = try folder.secret() }
    return ClientService(
      fake, identity: identity(client: client), settings: settings, folder: folder,
      monitor: monitor)
  }

  static func line(_ request: ClientRequest) -> [UInt8] { Array(request.json.canonical.utf8) }

  static func train(
    _ plan: RoundPlan, run: String = "r1", message: String = "m1"
  ) -> ClientRequest {
    .train(
      ClientRequest.Assignment(
        run: run, round: plan.round, message: message, plan: plan.encoded()))
  }
}

/// A folder that is removed with its last reference.
final class TemporaryFolder: Sendable {
  let path = NSTemporaryDirectory() + "service-tests-\(UUID().uuidString.prefix(8))"

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension JSON {
  /// The code of the error in a reply.
  var code: String? { self["error"]?["code"]?.string }
  var errorText: String { self["error"]?["text"]?.string ?? "" }

  /// The update in a reply.
  func update() throws -> ClientUpdate {
    let data = self["update"]?.string.flatMap { Data(base64Encoded: $0) } ?? Data()
    return try ClientUpdate(decoding: Array(data))
  }
}
