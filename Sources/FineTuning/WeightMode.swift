public import SeedBasis

/// How the current weights are held while a model is tuned.
public enum WeightMode: String, Codable, CaseIterable, Sendable {
  /// Not at all: every pass makes them anew from the base file and the coefficients.
  ///
  /// Costs no memory. The natural mode of the hadamard basis.
  case virtual

  /// As a private copy in f32 or bf16, moved by each step.
  ///
  /// Costs four or two bytes a weight. What gaussian and rademacher need for more than a few steps.
  case dense

  /// The mode that suits `basis`.
  public static func natural(for basis: BasisKind) -> WeightMode {
    basis == .hadamard ? .virtual : .dense
  }
}
