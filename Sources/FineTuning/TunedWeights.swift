public import SeedBasis
public import Settings
public import Tensors
internal import Weights

extension LoadedModel {
  /// Checks that the directions move some of the model's tensors.
  ///
  /// - Throws: `SettingsError` that quotes the pattern.
  public func checkParameters(of basis: SeedBasis) throws(SettingsError) {
    let names = store.parameters.parameters.map(\.name)
    guard let pattern = basis.parameters, !names.contains(where: pattern.matches) else { return }
    throw SettingsError(
      .parameters, found: "'\(pattern.text)'",
      expected: "a pattern that one of the model's \(names.count) tensors matches, such as "
        + (names.first ?? "*"))
  }

  /// Returns the weights `w(A)` for evaluation and decoding.
  ///
  /// With hadamard they are made anew in each pass, which costs no memory. With the other bases they are
  /// replayed once into a private copy of four bytes a weight that moves.
  public func tuned(by coefficients: Coefficients, of basis: SeedBasis) -> any WeightSource {
    guard coefficients.values.contains(where: { $0 != 0 }) else { return store }
    guard basis.kind == .hadamard else {
      return DenseWeights(
        copying: store, basis: basis, coefficients: coefficients, context: context)
    }
    return combined(coefficients, basis)
  }

  /// Returns the weights `w(A)`, made anew whenever they are loaded.
  func combined(_ coefficients: Coefficients, _ basis: SeedBasis) -> CombinedWeights {
    CombinedWeights(base: store, basis: basis, coefficients: coefficients, context: context)
  }
}
