import SeedBasis
import SeedDescent

/// ½ Σ_k h_k (A_k − t_k)², the same on every batch: a loss whose every step is known.
struct Quadratic: Objective {
  let target: [Double]
  let curvature: [Double]

  /// Eight coefficients with targets and curvatures of different sizes.
  static let example = Quadratic(
    target: [1, -2, 0.5, 3, -0.25, 0, 1.5, -1], curvature: [1, 2, 0.5, 1, 4, 1, 3, 0.25])

  func losses(
    on batch: Int, at coefficients: Coefficients, perturbedBy perturbation: Perturbation
  ) -> LossPair {
    let epsilon = Double(perturbation.epsilon)
    // w + ε z is A − ε, because w = w0 − Σ A z.
    return LossPair(
      plus: loss(coefficients, moved: -epsilon, at: perturbation.candidate),
      minus: loss(coefficients, moved: epsilon, at: perturbation.candidate))
  }

  func oneSidedLosses(
    on batch: Int, at coefficients: Coefficients, perturbedBy perturbations: [Perturbation]
  ) -> (base: Double, plus: [Double]) {
    let plus = perturbations.map {
      loss(coefficients, moved: -Double($0.epsilon), at: $0.candidate)
    }
    return (loss(coefficients), plus)
  }

  func lossAndGradient(
    on batch: Int, at coefficients: Coefficients
  ) -> (loss: Double, gradient: [Double]) {
    let gradient = zip(curvature, zip(coefficients.rounded, target)).map {
      $0 * (Double($1.0) - $1.1)
    }
    return (loss(coefficients), gradient)
  }

  func loss(_ coefficients: Coefficients, moved distance: Double = 0, at place: Int = 0) -> Double {
    coefficients.rounded.enumerated().reduce(0) { sum, coefficient in
      let (k, value) = coefficient
      let error = Double(value) + (k == place ? distance : 0) - target[k]
      return sum + curvature[k] * error * error / 2
    }
  }
}

/// Gives prepared losses, one pair per batch number.
struct Script: Objective {
  let losses: [LossPair]

  func losses(
    on batch: Int, at coefficients: Coefficients, perturbedBy perturbation: Perturbation
  ) -> LossPair {
    losses[batch]
  }

  func oneSidedLosses(
    on batch: Int, at coefficients: Coefficients, perturbedBy perturbations: [Perturbation]
  ) -> (base: Double, plus: [Double]) {
    (losses[batch].minus, perturbations.map { _ in losses[batch].plus })
  }

  /// The loss of the batch, and the same slope along all.
  func lossAndGradient(
    on batch: Int, at coefficients: Coefficients
  ) -> (loss: Double, gradient: [Double]) {
    (
      losses[batch].plus,
      [Double](repeating: losses[batch].plus - losses[batch].minus, count: coefficients.count)
    )
  }
}
