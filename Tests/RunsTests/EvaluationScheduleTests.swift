import FineTuning
import Runs
import SeedDescent
import Testing

@Suite("When a run measures")
struct EvaluationScheduleTests {
  private static func schedule(
    _ steps: Int, _ estimator: Estimator = .twoSided, batch: Int = 8, heldOut: Int = 64
  ) -> EvaluationSchedule {
    var method = TuningSettings()
    (method.estimator, method.batch) = (estimator, batch)
    return EvaluationSchedule(steps: steps, method: method, heldOut: heldOut)
  }

  @Test("some eight times, by all examples where the run is long")
  func long() {
    for steps in [300, 1000, 100_000] {
      let schedule = Self.schedule(steps)
      #expect(schedule.interval == (steps + 8) / 9 && schedule.exampleCount == 64)
    }
  }

  @Test(
    "the cost is at most a tenth of that of the steps",
    arguments: [1, 2, 10, 40, 150, 1000], [Estimator.twoSided, .oneSided, .backprop])
  func cost(steps: Int, estimator: Estimator) {
    for (batch, heldOut) in [(1, 3), (4, 64), (16, 1000)] {
      var method = TuningSettings()
      (method.estimator, method.batch, method.directions) = (estimator, batch, 2)
      let schedule = EvaluationSchedule(steps: steps, method: method, heldOut: heldOut)
      guard let interval = schedule.interval else { continue }
      #expect((1...heldOut).contains(schedule.exampleCount) && interval > 0)
      let passes = [.twoSided: 4, .oneSided: 3, .backprop: 3][estimator] ?? 0
      // The last of them may fall on the end, which is measured in any case.
      let measurements = (steps - 1) / interval
      let cost = measurements * (schedule.exampleCount + 8)
      #expect(cost * 10 <= steps * passes * (batch + 8))
    }
  }

  @Test("a short run is measured by fewer examples or less often, the shortest not on the way")
  func short() {
    #expect(Self.schedule(40).exampleCount == 8)
    #expect(Self.schedule(40).interval == 5)
    #expect(Self.schedule(1).interval == nil && Self.schedule(2, batch: 1).interval == nil)
  }
}
