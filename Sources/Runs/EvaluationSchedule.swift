package import FineTuning
internal import SeedDescent

/// When a run of `tune` measures the held-out loss between its start and its end, and on how many examples, so
/// that it takes some tenth of the time of the steps.
///
/// The cost is counted in examples that pass the model once, without a clock, so that a run measures the same
/// on every machine. A pass costs as much as eight examples more, for the weights it makes.
package struct EvaluationSchedule: Equatable, Sendable {
  /// The number of steps from one measurement to the next; `nil` for none.
  package let interval: Int?
  /// The number of held-out examples of each.
  package let exampleCount: Int

  private static let (share, count, fixedCost, fewestExamples) = (0.1, 8, 8, 4)

  /// Plans the measurements of a run.
  ///
  /// - Parameter heldOut: The number of held-out examples.
  package init(steps: Int, method: TuningSettings, heldOut: Int) {
    let stepCost = method.passesPerStep * (method.batch + Self.fixedCost)
    let budget = Self.share * Double(steps) * Double(stepCost)
    let fewest = min(heldOut, Self.fewestExamples)
    let affordable = Int(min(Double(Self.count), budget / Double(fewest + Self.fixedCost)))
    guard affordable > 0, steps > 1 else {
      (interval, exampleCount) = (nil, heldOut)
      return
    }
    let examples = Int(min(Double(1 << 30), budget / Double(affordable))) - Self.fixedCost
    (interval, exampleCount) = (
      (steps + affordable) / (affordable + 1), min(heldOut, max(fewest, examples))
    )
  }
}

extension TuningSettings {
  /// How often a step passes the model with its batch: both sides of each direction, or up, down and up again.
  fileprivate var passesPerStep: Int {
    let passes =
      switch estimator {
      case .twoSided: 2 * directions
      case .oneSided: directions + 1
      case .backprop: 3
      }
    return passes * accumulate
  }
}
