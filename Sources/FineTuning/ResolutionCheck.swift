internal import Foundation
internal import SeedBasis
internal import SeedDescent
public import Tensors

/// Whether steps are large enough for the numbers that weights are held in.
///
/// A binary32 number near a typical weight has neighbours at the distance ``spacing``. What is added
/// to it is rounded to a multiple of that.
public struct ResolutionCheck: Equatable, Sendable {
  /// The median magnitude of a sample of the weights of the largest matrices.
  public let typicalWeight: Float

  /// The distance of neighbouring binary32 numbers there.
  public var spacing: Float { typicalWeight.ulp }

  /// Creates a check for weights of a known magnitude.
  public init(typicalWeight: Float) { self.typicalWeight = typicalWeight }

  /// Samples the first rows of each matrix of a model.
  ///
  /// - Complexity: One row for each tensor.
  public init(sampling weights: some WeightSource) {
    let sample = weights.parameters.parameters.enumerated().filter { $1.rowCount > 1 }
      .flatMap { tensor, parameter in
        let row = Matrix(rows: 1, columns: parameter.columnCount)
        weights.load(0..<1, of: tensor, into: row)
        return row.elements.map(abs)
      }.sorted()
    typicalWeight = sample.isEmpty ? 1 : sample[sample.count / 2]
  }

  /// Returns a sentence for each setting that numbers are too coarse or weights too small for.
  ///
  /// Steps along all K perturb nothing, and a dense copy is made anew for each of them.
  public func warnings(for settings: TuningSettings) -> [String] {
    guard settings.estimator != .backprop else { return [] }
    var warnings: [String] = []
    let weight = "a typical weight of \(Self.short(typicalWeight))"
    if settings.epsilon < 16 * spacing {
      warnings.append(
        "epsilon \(Self.short(settings.epsilon)) is less than 16 times \(Self.short(spacing)), the "
          + "distance of f32 numbers at \(weight): rounding distorts the directions; choose a larger "
          + "one")
    }
    if settings.epsilon > typicalWeight {
      warnings.append(
        "epsilon \(Self.short(settings.epsilon)) is larger than \(weight): the losses are those of "
          + "noise; choose a smaller one")
    }
    let rate = Float(settings.learningRate) / Float(settings.directions)
    // Stochastic rounding, which bf16 has, keeps small updates on average.
    let rounds = settings.effectiveMode == .dense && settings.storage == .f32
    if rounds, rate < spacing / 2 {
      warnings.append(
        "a scalar gradient of 1 moves a weight by \(Self.short(rate)), less than half of "
          + "\(Self.short(spacing)), the distance of f32 numbers at \(weight): such updates are lost "
          + "in dense mode; choose a higher learning rate or '--mode virtual'")
    }
    return warnings
  }

  /// Two digits are enough to see how far off a setting is.
  private static func short(_ value: Float) -> String { String(format: "%.1e", Double(value)) }
}
