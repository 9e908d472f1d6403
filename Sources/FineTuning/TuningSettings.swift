public import Datasets
public import SeedBasis
public import ZerothOrder

/// What defines a tuning run apart from its model, its data and its clients.
///
/// The defaults are those of the demonstration on a model of 135 M parameters.
public struct TuningSettings: Codable, Equatable, Sendable {
  /// The kind of directions.
  public var basis = BasisKind.hadamard
  /// The number of candidate directions K.
  public var candidates = 4096
  /// How the current weights are held; `nil` is what suits the basis.
  public var mode: WeightMode?
  /// The type of the private copy that `dense` makes.
  public var storage = DenseStorage.f32
  /// The learning rate η.
  public var learningRate = 3e-5
  /// The perturbation radius ε, in units of the weights.
  public var epsilon: Float = 1e-3
  /// A step whose losses differ by more, in nats, is dropped; `nil` drops none.
  public var lossDifferenceLimit: Double?
  /// The number of examples of a step.
  public var batch = 8
  /// The seed of the directions, of the order of the data and of every other choice.
  public var seed: UInt64 = 1
  /// The text around examples.
  public var template = PromptTemplate.alpaca
  /// The largest number of tokens of an example; longer ones are cut.
  public var lengthLimit = 1024
  /// The number of examples that are held out for evaluation.
  public var heldOut = 64

  /// Creates the default settings.
  public init() {}

  /// The mode in force.
  public var effectiveMode: WeightMode { mode ?? .natural(for: basis) }

  /// Returns the directions.
  ///
  /// - Throws: ``SeedBasisError`` if the number of candidates does not suit the basis.
  public func makeBasis() throws(SeedBasisError) -> SeedBasis {
    try SeedBasis(kind: basis, seed: seed, candidateCount: candidates)
  }

  /// Returns the loop of local steps.
  ///
  /// - Throws: ``SettingsError`` if the learning rate, ε or the limit is not a positive number.
  public func makeTuner() throws(SettingsError) -> LocalTuner {
    LocalTuner(
      estimator: try TwoPointEstimator(epsilon: epsilon, lossDifferenceLimit: lossDifferenceLimit),
      learningRate: try LearningRate(constant: learningRate))
  }

  /// Checks everything that can be checked without a model and data.
  ///
  /// - Throws: ``SettingsError`` or ``SeedBasisError`` that names the setting.
  public func validate() throws {
    _ = try makeBasis()
    _ = try makeTuner()
    _ = try SettingsError.within(1...1 << 20, batch, "batch")
    _ = try SettingsError.within(2...1 << 20, lengthLimit, "lengthLimit")
    _ = try SettingsError.within(1...1 << 30, heldOut, "heldOut")
  }
}

/// The clients of a simulated federation and how they work together.
public struct SimulationSettings: Codable, Equatable, Sendable {
  /// The number of clients N.
  public var clients = 8
  /// The share of the clients in a round, or from 2 on their number.
  public var participation = 1.0
  /// The number of rounds.
  public var rounds = 10
  /// The number of local steps τ of a client in a round.
  public var localSteps = 20
  /// How the training examples are divided: `iid`, `by-category` or `dirichlet:ALPHA`.
  public var partition = "by-category"
  /// How many clients work at once; `nil` is as many as threads in virtual mode, else one.
  ///
  /// Results do not depend on it. In virtual mode a client at work takes activations and scratch,
  /// in dense mode a copy of the weights too.
  public var concurrentClients: Int?

  /// Creates the default settings.
  public init() {}
}
