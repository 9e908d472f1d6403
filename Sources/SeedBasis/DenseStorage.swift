/// The type in which a dense copy stores its weights.
public enum DenseStorage: String, Codable, CaseIterable, Sendable {
  /// Four bytes a weight.
  case f32

  /// Two bytes a weight: half the memory. Updates smaller than the spacing of bfloat16 are not lost
  /// but rounded at random, and so arrive in the mean.
  case bf16
}
