internal import Foundation
public import Settings

/// How the learning rate falls over a run.
public enum LearningRateSchedule: String, Codable, CaseIterable, Sendable {
  /// It does not.
  case constant
  /// In a straight line to 0 after the last step.
  case linear
  /// Along half a cosine to 0 after the last step.
  case cosine
}

/// The learning rate η of every step of a run.
///
///     η_t = η · (t + 1) / W                 for t < W, the warm-up
///     η_t = η · f((t − W) / (T − W))        f(u) = 1,  1 − u  or  (1 + cos πu) / 2
///
/// η is multiplied in when a step is accumulated, `A_k += η_t · g`, so it may depend on the step
/// without anything having to be known about the past when the weights are rebuilt.
///
/// Source: the schedules of `transformers` (`get_cosine_schedule_with_warmup` and its like), with a
/// warm-up that starts at η/W instead of 0, as a step of size 0 would be wasted.
public struct LearningRate: Equatable, Sendable {
  /// η, the largest rate of the run.
  public let peak: Double
  private let schedule: LearningRateSchedule
  private let warmup: Int
  private let steps: Int

  /// Creates a learning rate that is the same at every step.
  ///
  /// - Throws: ``SettingsError`` unless it is positive and finite.
  public init(constant: Double) throws(SettingsError) {
    try self.init(peak: constant, schedule: .constant, warmup: 0, steps: 1)
  }

  /// Creates a learning rate that changes over a run of `steps` steps.
  ///
  /// - Parameters:
  ///   - peak: η; positive and finite.
  ///   - warmup: W, the number of steps in which the rate rises; below `steps`.
  ///   - steps: T, at least 1. A later step has the rate of the last.
  /// - Throws: ``SettingsError`` for a value outside its range.
  public init(
    peak: Double, schedule: LearningRateSchedule, warmup: Int, steps: Int
  ) throws(SettingsError) {
    self.peak = try SettingsError.positive(peak, .learningRate)
    self.schedule = schedule
    self.warmup = try SettingsError.within(0...max(0, steps - 1), warmup, .warmup)
    self.steps = max(1, steps)
  }

  /// Returns η at a step, counted from 0 at the start of the run; positive.
  public func value(at step: Int) -> Double {
    let step = min(step, steps - 1)
    if step < warmup { return peak * Double(step + 1) / Double(warmup) }
    let progress = Double(step - warmup) / Double(steps - warmup)
    switch schedule {
    case .constant: return peak
    case .linear: return peak * (1 - progress)
    case .cosine: return peak * (1 + cos(.pi * progress)) / 2
    }
  }

  /// Returns a learning rate that stays what it is at `step`.
  public func held(at step: Int) -> LearningRate { LearningRate(holding: value(at: step)) }

  /// η = 1 at every step.
  public static let one = LearningRate(holding: 1)

  private init(holding value: Double) {
    (peak, schedule, warmup, steps) = (value, .constant, 0, 1)
  }
}
