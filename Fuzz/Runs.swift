import FineTuning
import Runs
import SeedBasis

extension FuzzTarget {
  /// What a run leaves on disk.
  static var runs: [FuzzTarget] {
    [
      FuzzTarget("kseed") {
        let path = try Scratch().file("model.kseed")
        return { input in
          try input.checked().write(to: path)
          _ = try SeedCheckpoint.read(path: path).encoded()
        }
      },
      FuzzTarget("tune-state") {
        let path = try Scratch().file("state.json")
        return { input in
          try input.write(to: path)
          _ = try SavedRun<TuningState>.read(path: path)
        }
      },
      FuzzTarget("simulate-state") {
        let path = try Scratch().file("state.json")
        return { input in
          try input.write(to: path)
          _ = try SavedRun<SimulationState>.read(path: path)
        }
      },
      FuzzTarget("steps") {
        let scratch = try Scratch()
        let files = RunFiles(tuning: scratch.file("model.kseed"))
        return { input in
          try input.write(to: scratch.file("model.steps.jsonl"))
          _ = try LoggedStep.read(path: files.log)
        }
      },
      FuzzTarget("rounds") {
        let scratch = try Scratch()
        return { input in
          try input.write(to: scratch.file("rounds.jsonl"))
          _ = try LoggedRound.read(path: scratch.file("rounds.jsonl"))
        }
      },
    ]
  }
}
