import Datasets
import FineTuning
import Kernels
import LanguageModels
import SeedBasis
import SeedDescent
import TestSupport

extension BasisKind {
  /// A basis of each kind with its number of candidates, which may not be the same for all.
  static let trials: [(kind: BasisKind, count: Int)] = [
    (.hadamard, 16), (.hadamard, 256), (.rademacher, 256), (.gaussian, 20),
  ]
}

extension Coefficients {
  /// Coefficients of about 10⁻³ that differ from each other.
  static func trial(_ count: Int) throws -> Coefficients {
    try Coefficients((0..<count).map { Float(Double((7 * $0) % 31 - 15) * 1e-4) })
  }
}

extension LossObjective {
  /// Returns the bits of the loss and of all slopes.
  func slopeBits(on batch: TuningBatch, at coefficients: Coefficients) throws -> [UInt64] {
    let (loss, slopes) = try lossAndGradient(on: batch, at: coefficients)
    return ([loss] + slopes).map(\.bitPattern)
  }
}

/// The derivative of a function at 0 from its differences, and how far it can be off.
struct CentralDifference {
  let value: Double
  let tolerance: Double

  /// Measures with three widths.
  ///
  /// D(h) errs by c₂h² + c₄h⁴ + …; E(h) = (4 D(h) − D(2h)) / 3 by −4 c₄h⁴. So E(2h) − E(h) is 15 times
  /// the error of E(h), up to terms in h⁶, which four fifths of a quarter leave room for.
  ///
  /// - Parameters:
  ///   - rounding: How far a value of the function may be off. D(h) is off by so much over h, E(h) by
  ///     3/2, and E(2h) by half of that.
  ///   - difference: Returns f(h) − f(−h).
  init(width: Double, rounding: Double, _ difference: (Double) throws -> Double) rethrows {
    let d = try [1, 2, 4].map { try difference($0 * width) / (2 * $0 * width) }
    let (fine, coarse) = ((4 * d[0] - d[1]) / 3, (4 * d[1] - d[2]) / 3)
    value = fine
    tolerance = abs(coarse - fine) / 3 + 1.75 * rounding / width
  }
}

extension LossObjective {
  /// Returns the slope along a coefficient by the two sides of its direction.
  func slope(
    along candidate: Int, on batch: TuningBatch, at coefficients: Coefficients, width: Double,
    rounding: Double
  ) throws -> CentralDifference {
    try CentralDifference(width: width, rounding: rounding) { width in
      let sides = try losses(
        on: batch, at: coefficients,
        perturbedBy: Perturbation(candidate: candidate, epsilon: Float(width)))
      // w + ε z is A − ε.
      return sides.minus - sides.plus
    }
  }

  /// Returns the slope in the direction of `slopes`, which is their norm if they are right: all of them
  /// count there, and the loss changes the most.
  ///
  /// - Parameter change: By how much the loss changes over the width, in nats.
  func slope(
    uphill slopes: [Double], on batch: TuningBatch, at coefficients: Coefficients,
    change: Double = 0.1, rounding: Double
  ) throws -> CentralDifference {
    let length = norm(slopes)
    return try CentralDifference(width: change / length, rounding: rounding) { width in
      let sides = try [width, -width].map { width in
        let moved = zip(coefficients.values, slopes).map { Float($0 + width / length * $1) }
        return try oneSidedLosses(on: batch, at: Coefficients(moved), perturbedBy: []).base
      }
      return sides[0] - sides[1]
    }
  }
}

/// The Euclidean norm.
func norm(_ vector: [Double]) -> Double { vector.reduce(0) { $0 + $1 * $1 }.squareRoot() }

extension LoadedModel {
  /// How far a slope along a random direction may be off, relative to the norm of the gradient of the
  /// weights, of which the root mean square of the slopes is an estimate.
  ///
  /// Each element of the gradient went through some 20 products, one behind the other, of sums of at most
  /// `columns` terms; their roundings of half an ulp are independent, and so are the signs by which a
  /// direction adds up the errors. Five standard deviations, as there are hundreds of slopes.
  func slopeTolerance(columns: Int = 384) -> Double {
    5 * 20 * Double(columns).squareRoot() * 0x1p-24
  }
}
