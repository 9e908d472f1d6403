/// The reason a basis or its coefficients cannot be used.
public enum SeedBasisError: Error, Equatable {
  /// The number of candidates is outside what the basis supports.
  case candidateCount(Int, basis: BasisKind)
  /// A Hadamard transform needs a power of two of candidates.
  case notPowerOfTwo(candidateCount: Int)
  /// A coefficient, or what should be added to it, is not a finite binary32 number.
  case coefficientNotFinite(candidate: Int, value: Double)
  /// Two vectors of coefficients have different lengths.
  case coefficientCount(Int, expected: Int)
  /// An increment is along a candidate that the basis does not have.
  case noSuchCandidate(Int, candidateCount: Int)
  /// The text is no pattern of tensors' names.
  case badPattern(String)
}

extension SeedBasisError: CustomStringConvertible {
  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .candidateCount(let count, let basis):
      """
      \(count) candidates are outside the range of the basis \(basis), which is \
      \(SeedBasis.candidateRange(of: basis)); choose K in it, for example 4096
      """
    case .notPowerOfTwo(let count):
      """
      the basis hadamard needs K to be a power of two from 2 to \(SeedBasis.candidateLimit), but K \
      is \(count); choose for example \(SeedBasis.powerOfTwo(near: count)), or another basis
      """
    case .coefficientNotFinite(let candidate, let value):
      """
      the coefficient of candidate \(candidate) would be \(value), which is not a finite 32-bit \
      number; a smaller learning rate keeps it finite
      """
    case .coefficientCount(let count, let expected):
      "\(count) coefficients were given, but the basis has \(expected) candidates"
    case .noSuchCandidate(let candidate, let count):
      "there is no candidate \(candidate), but those from 0 to \(count - 1)"
    case .badPattern(let text):
      """
      '\(text)' is no pattern of tensors' names: expected 1 to \(ParameterPattern.lengthLimit) \
      characters without spaces, with names separated by single commas, for example \
      model.layers.*.mlp.*
      """
    }
  }
}
