public import LanguageModels
internal import SeedBasis

/// The time of a two-sided step: loading every weight once, then the arithmetic.
public struct TimeEstimate: Sendable, Equatable {
  /// Loading tiles, in seconds.
  public let weights: Double
  /// Products and attention, in seconds.
  public let products: Double

  /// A step, in seconds.
  public var step: Double { weights + products }

  /// `(ns per weight · d + operations / GFLOP/s) / P`.
  public init(
    _ configuration: ModelConfiguration, parameterCount: Int, settings: StepSettings,
    speed: MachineSpeed
  ) {
    let threads = Double(settings.threads)
    let cost = speed.nanosecondsPerWeight[settings.basis.rawValue] ?? 0
    weights = cost * 1e-9 * Double(parameterCount) / threads
    products = StepWork(configuration, settings).total / (speed.gigaflops * 1e9) / threads
  }
}
