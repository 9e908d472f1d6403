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
  /// - Parameter mode: `virtual` makes them anew in each pass, which costs no memory; `dense` replays them
  ///   once into a private copy of four bytes a weight that moves. Both have the same bits. If `nil`, what
  ///   suits the basis.
  public func tuned(
    by coefficients: Coefficients, of basis: SeedBasis, mode: WeightMode? = nil
  ) -> any WeightSource {
    guard coefficients.values.contains(where: { $0 != 0 }) else { return store }
    return switch mode ?? .natural(for: basis.kind) {
    case .virtual: combined(coefficients, basis)
    case .dense:
      DenseWeights(copying: store, basis: basis, coefficients: coefficients, context: context)
    }
  }

  /// Returns the weights `w(A)`, made anew whenever they are loaded.
  func combined(_ coefficients: Coefficients, _ basis: SeedBasis) -> CombinedWeights {
    CombinedWeights(base: store, basis: basis, coefficients: coefficients, context: context)
  }
}
