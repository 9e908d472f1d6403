public import SeedBasis
public import Weights

internal import Kernels

extension BaseModel {
  /// Returns the weights `w(A)` for evaluation and decoding.
  ///
  /// With hadamard they are made anew in each pass, which costs no memory. With the other bases they are
  /// replayed once into a private copy of four bytes a weight.
  public func tuned(by coefficients: Coefficients, of basis: SeedBasis) -> any WeightSource {
    guard coefficients.values.contains(where: { $0 != 0 }) else { return store }
    guard basis.kind == .hadamard else {
      return DenseWeights(
        copying: store, basis: basis, coefficients: coefficients, threads: threads,
        instructionSet: instructionSet)
    }
    return CombinedWeights(
      base: store, basis: basis, coefficients: coefficients, instructionSet: instructionSet)
  }
}
