public import LanguageModels
internal import SeedBasis
internal import SeedDescent

/// The time of a step: making weights as often as it needs them, projecting gradients, arithmetic.
public struct TimeEstimate: Sendable, Equatable {
  /// Making tiles of weights, in seconds.
  public let weights: Double
  /// Projecting their gradients onto all directions, in seconds; 0 for two sides.
  public let projection: Double
  /// Products and attention, in seconds.
  public let products: Double

  /// A step, in seconds.
  public var step: Double { weights + projection + products }

  /// `(ns per weight · weights made + ns per projection · weights + operations / GFLOP/s) / P`.
  public init(_ configuration: ModelConfiguration, settings: StepSettings, speed: MachineSpeed) {
    let work = StepWork(configuration, settings)
    let threads = Double(settings.threads)
    let basis = settings.basis.rawValue
    let isBackprop = settings.estimator == .backprop
    // A sum of all directions costs O(K) a weight, unless there is a transform.
    let share = settings.basis == .hadamard ? 1 : Double(settings.candidates) / 4096
    let load =
      isBackprop
      ? share * (speed.nanosecondsPerSum[basis] ?? 0) : speed.nanosecondsPerWeight[basis] ?? 0
    weights = load * 1e-9 * work.loads / threads
    projection =
      share * (speed.nanosecondsPerProjection[basis] ?? 0) * 1e-9 * work.projections / threads
    products = work.total / (speed.gigaflops * 1e9) / threads
  }
}
