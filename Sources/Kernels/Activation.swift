internal import CKernels

/// A function between the two halves of a feed-forward block.
///
/// Source: Hendrycks and Gimpel 2016 (arXiv:1606.08415) for GELU and its approximation and for SiLU.
public enum Activation: String, Sendable, CaseIterable {
  /// `x / (1 + exp(−x))`
  case silu
  /// `x Φ(x)`, with the distribution function of the standard normal.
  case gelu
  /// `x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`
  case geluTanh
  /// `max(x, 0)`
  case relu

  var kernel: ck_activation {
    switch self {
    case .silu: CK_SILU
    case .gelu: CK_GELU
    case .geluTanh: CK_GELU_TANH
    case .relu: CK_RELU
    }
  }
}
