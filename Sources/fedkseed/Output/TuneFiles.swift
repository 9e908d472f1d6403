/// The files of a run of `tune`: the seed checkpoint, and others beside it.
struct TuneFiles {
  /// The seed checkpoint.
  let model: String
  /// The settings that repeat the run.
  let settings: String
  /// A line for each step.
  let steps: String
  /// What the run needs to go on.
  let state: String
  /// The page to look at.
  let report: String

  /// Names the files after the seed checkpoint at `out`.
  init(out: String) {
    let stem = out.hasSuffix(".kseed") ? String(out.dropLast(6)) : out
    model = out
    settings = stem + ".settings.yaml"
    steps = stem + ".steps.jsonl"
    state = stem + ".state.json"
    report = stem + ".report.html"
  }
}
