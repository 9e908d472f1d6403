import Foundation
import Settings
import Testing
import SeedDescent

@Suite("Learning rate")
struct LearningRateTests {
  @Test(
    "schedules rise in a line and fall as their formulas say",
    arguments: [
      (.constant, [0.5, 1, 1, 1, 1, 1]), (.linear, [0.5, 1, 1, 0.75, 0.5, 0.25]),
      (.cosine, [0.5, 1, 1, 0.5 + 0.125.squareRoot(), 0.5, 0.5 - 0.125.squareRoot()]),
    ] as [(LearningRateSchedule, [Double])])
  func values(schedule: LearningRateSchedule, expected: [Double]) throws {
    let rate = try LearningRate(peak: 8, schedule: schedule, warmup: 2, steps: 6)
    for (step, value) in expected.enumerated() {
      #expect(abs(rate.value(at: step) - 8 * value) < 1e-14)
      #expect(rate.held(at: step).value(at: 99) == rate.value(at: step))
    }
    #expect(rate.value(at: 100) == rate.value(at: 5))
  }

  @Test("no step has a rate of 0", arguments: LearningRateSchedule.allCases, [0, 1, 99])
  func positive(schedule: LearningRateSchedule, warmup: Int) throws {
    let rate = try LearningRate(peak: 1e-6, schedule: schedule, warmup: warmup, steps: 100)
    #expect(
      (0..<100).allSatisfy { (0...1e-6).contains(rate.value(at: $0)) && rate.value(at: $0) > 0 })
  }

  @Test("a warm-up as long as the run is refused", arguments: [-1, 10, 11, Int.max])
  func warmup(steps: Int) {
    let error = #expect(throws: SettingsError.self) {
      try LearningRate(peak: 1, schedule: .linear, warmup: steps, steps: 10)
    }
    #expect(error?.key == .warmup)
  }
}
