internal import FineTuning
package import SeedDescent

/// How long a run is, what is done between its entries, and who is told of them.
package struct RunPlan: Sendable {
  /// The number of steps or rounds.
  package let length: Int
  /// The number of entries from one saved state to the next.
  package var savingInterval = 1
  /// The number of entries from one held-out loss to the next, if any.
  package var evaluationInterval: Int?
  /// The number of held-out examples that are measured on the way; `nil` for all.
  package var evaluationExamples: Int?
  /// When these losses end the run.
  package var stopping: EarlyStopping?
  /// Whether the run ends where it diverges.
  package var stopsOnDivergence = false
  /// The number of training steps in an entry, for the progress.
  package var stepsPerEntry = 1
  /// How many clients work at once, for the memory.
  package var clientsAtOnce = 1
  /// Whether there is to be a page to look at.
  package var writesReport = true
  /// Whether nothing is said on the way.
  package var isQuiet = false
  /// Whether the result is to have all that the coefficients grew by.
  package var keepsUpdates = false
  /// The file to which progress is written as JSON lines, if any.
  package var logFile: String?
  /// The folder in which TensorBoard looks for progress, if any.
  package var eventFolder: String?

  /// Creates the plan of a run of that length.
  package init(length: Int) { self.length = length }

  /// Measures the held-out loss some eight times on the way, unless it is said how often.
  package mutating func chooseEvaluations(of run: PreparedRun) {
    guard evaluationInterval == nil else { return }
    let schedule = EvaluationSchedule(
      steps: length, method: run.method, heldOut: run.data.heldOut.count)
    evaluationInterval = schedule.interval
    evaluationExamples = schedule.exampleCount
  }
}
