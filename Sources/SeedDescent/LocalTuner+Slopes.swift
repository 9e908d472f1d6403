internal import SeedBasis

/// What a step measured, all at one point and on one batch.
struct Slopes {
  /// The losses of the step: the mean of each side, or the unperturbed loss twice.
  let losses: LossPair
  /// The scalar gradient along each candidate, or `nil` where there is none.
  let gradients: [Double?]
}

extension LocalTuner {
  /// Measures the scalar gradients along `candidates`.
  func slopes<Loss: Objective>(
    along candidates: [Int], on objective: Loss, _ batch: Loss.Batch, at coefficients: Coefficients
  ) throws -> Slopes {
    let perturbations = candidates.map { Perturbation(candidate: $0, epsilon: twoPoint.epsilon) }
    switch estimator {
    case .backprop: preconditionFailure("a backward pass measures no single candidates")
    case .twoSided:
      let pairs = try perturbations.map {
        try objective.losses(on: batch, at: coefficients, perturbedBy: $0)
      }
      let count = Double(pairs.count)
      return Slopes(
        losses: LossPair(
          plus: pairs.reduce(0) { $0 + $1.plus } / count,
          minus: pairs.reduce(0) { $0 + $1.minus } / count),
        gradients: pairs.map(twoPoint.scalarGradient))
    case .oneSided:
      let (base, plus) = try objective.oneSidedLosses(
        on: batch, at: coefficients, perturbedBy: perturbations)
      let gradients = OneSidedEstimator().scalarGradients(of: plus, base: base)
      return Slopes(
        losses: LossPair(plus: base, minus: base),
        gradients: gradients.map { $0.map(twoPoint.clipped) })
    }
  }
}
