internal import SeedBasis

extension LocalTuner {
  /// Takes one step against the exact slopes along all K directions.
  ///
  /// Where slopes, increments or coefficients would not be finite, nothing changes: the step is skipped.
  func descend<Loss: Objective>(
    _ state: inout TunerState, on objective: Loss, batch: Loss.Batch
  ) throws -> Step {
    let (loss, gradient) = try objective.lossAndGradient(on: batch, at: state.coefficients)
    let update = move(&state, against: gradient) ?? .none
    objective.move(by: update, to: state.coefficients)
    defer { state.step += 1 }
    return Step(
      number: state.step, losses: LossPair(plus: loss, minus: loss), update: update,
      skippedCount: update.isEmpty ? 1 : 0)
  }

  private func move(_ state: inout TunerState, against gradient: [Double]) -> StepUpdate? {
    let window = window ?? gradient.indices
    var next = state
    guard
      let moves = optimizer.increments(
        against: Array(gradient[window]).shortened(toNorm: normLimit),
        learningRate: learningRate.value(at: state.step), state: &next.optimizer)
    else { return nil }
    var increments = [Float](repeating: 0, count: gradient.count)
    increments.replaceSubrange(window, with: moves)
    guard (try? next.coefficients.add(.all(increments))) != nil else { return nil }
    state = next
    return .all(increments)
  }
}

extension [Double] {
  /// Returns the vector, shortened to the Euclidean norm `limit` if it is longer; `nil` is any.
  package func shortened(toNorm limit: Double?) -> [Double] {
    let norm = reduce(0) { $0 + $1 * $1 }.squareRoot()
    guard let limit, norm > limit else { return self }
    return map { $0 * (limit / norm) }
  }
}
