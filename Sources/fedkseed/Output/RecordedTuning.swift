internal import SeedBasis
internal import SeedDescent

/// A run of `tune` as its files record it, from which every past model can be made.
struct RecordedTuning {
  private let path: String
  private let model: SeedCheckpoint
  private let steps: [TuneResult.Step]

  /// Reads the seed checkpoint at `path` and the steps beside it.
  ///
  /// - Throws: ``InputError`` or `SeedCheckpointError` that names the file.
  init(path: String) throws {
    self.path = path
    model = try SeedCheckpoint.read(path: path)
    steps = try TuneResult.Step.read(path: TuneFiles(out: path).steps)
  }

  /// Returns the model after `count` steps; 0 is the untuned one.
  ///
  /// - Throws: ``InputError`` if there are fewer, or the steps do not lead to the seed checkpoint.
  func model(after count: Int) throws -> SeedCheckpoint {
    guard (0...steps.count).contains(count) else {
      throw InputError(
        "'--step' must be a whole number from 0 to \(steps.count), the steps that "
          + "'\(TuneFiles(out: path).steps)' has, but is \(count)")
    }
    var coefficients = Coefficients(candidateCount: model.basis.candidateCount)
    var found = coefficients
    // A run that was killed may have logged more steps than the checkpoint has.
    var leadsToModel = coefficients.rounded == model.coefficients.rounded
    for (number, step) in steps.enumerated() {
      do {
        try coefficients.add(step.updates)
      } catch {
        throw InputError(
          "'\(TuneFiles(out: path).steps)', line \(number + 1): \(error); it is of another run than "
            + "'\(path)', or damaged")
      }
      if number < count { found = coefficients }
      leadsToModel = leadsToModel || coefficients.rounded == model.coefficients.rounded
    }
    guard leadsToModel else {
      throw InputError(
        "'\(TuneFiles(out: path).steps)' does not add up to '\(path)': they are of different runs")
    }
    return model.remade(
      found, steps: steps.prefix(count).count { !$0.updates.isEmpty }, rounds: 0,
      notes: ["made-by": "fedkseed kseed at"])
  }
}
