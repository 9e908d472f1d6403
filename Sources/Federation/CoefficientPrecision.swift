/// In how many bits the server sends coefficients, and clients increments of all of them.
public enum CoefficientPrecision: String, Codable, CaseIterable, Sendable {
  /// As IEEE-754 binary32 numbers.
  case binary32
  /// As ``ScaledIntegers``. The global model *is* what is sent: the server keeps what it rounded off,
  /// and adds it to the next round's model. A client rounds at random, so that there is nothing to keep.
  case integer16
}
