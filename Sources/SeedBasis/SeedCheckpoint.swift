import Bytes

/// A tuned model without its base: K numbers, and what is needed to apply them to the right file.
///
/// About 17.5 KB at K = 4096, 16 of them coefficients. With the base file it gives the tuned weights, bit for bit, on any CPU.
///
///     let checkpoint = try SeedCheckpoint.read(path: "tuned.kseed")
///     try checkpoint.checkBase(hash: store.identity(), parameterMapHash: store.parameterMapHash)
///     let weights = CombinedWeights(
///       base: store, basis: checkpoint.basis, coefficients: checkpoint.coefficients)
///
/// Source: Documentation/SeedCheckpoint.md specifies the file.
public struct SeedCheckpoint: Sendable, Equatable {
  /// The SHA-256 of the base model, 64 lowercase hexadecimal digits.
  public let baseHash: String
  /// The SHA-256 of the names and shapes of the tensors, 64 lowercase hexadecimal digits.
  public let parameterMapHash: String
  /// The directions.
  public let basis: SeedBasis
  /// The coordinates `A`, each a binary32 value; the learning rate is folded in.
  public let coefficients: Coefficients
  /// How the coordinates were found.
  public let history: History

  /// How a checkpoint was made; nothing here changes the tuned weights.
  public struct History: Sendable, Equatable {
    /// The perturbation radius `ε`; positive and finite.
    public let epsilon: Float
    /// The learning rate `η` at the start; positive and finite.
    public let learningRate: Double
    /// The number of steps, of all clients together.
    public let steps: Int
    /// The number of federated rounds; 0 for tuning on one machine.
    public let rounds: Int
    /// The program that wrote the file, with its version.
    public let tool: String
    /// Any other settings, for the reader.
    ///
    /// A file takes keys of at most 256 characters of ASCII.
    public let settings: [String: String]

    /// Creates a record of a run.
    ///
    /// - Precondition: `epsilon` and `learningRate` are positive and finite; the counts are from 0 to
    ///   2^53.
    public init(
      epsilon: Float, learningRate: Double, steps: Int, rounds: Int, tool: String,
      settings: [String: String]
    ) {
      let counts = 0...SeedCheckpointFormat.countLimit
      precondition(epsilon.isFinite && epsilon > 0 && learningRate.isFinite && learningRate > 0)
      precondition(counts.contains(steps) && counts.contains(rounds))
      self.epsilon = epsilon
      self.learningRate = learningRate
      self.steps = steps
      self.rounds = rounds
      self.tool = tool
      self.settings = settings
    }
  }

  /// Creates a checkpoint of `coefficients`, which are rounded to binary32.
  ///
  /// - Precondition: There is one coefficient for each candidate, and the hashes are 64 lowercase
  ///   hexadecimal digits.
  public init(
    baseHash: String, parameterMapHash: String, basis: SeedBasis, coefficients: Coefficients,
    history: History
  ) {
    precondition(coefficients.count == basis.candidateCount)
    precondition(isSHA256(baseHash) && isSHA256(parameterMapHash))
    self.baseHash = baseHash
    self.parameterMapHash = parameterMapHash
    self.basis = basis
    self.coefficients = coefficients.roundedToSingle
    self.history = history
  }

  /// Checks that the coordinates belong to a model.
  ///
  /// - Parameters:
  ///   - hash: The model's SHA-256.
  ///   - parameterMapHash: The SHA-256 of its tensors' names and shapes.
  /// - Throws: ``SeedCheckpointError/wrongBase(part:checkpoint:model:)``.
  public func checkBase(hash: String, parameterMapHash: String) throws(SeedCheckpointError) {
    guard hash == baseHash else {
      throw .wrongBase(part: "base model", checkpoint: baseHash, model: hash)
    }
    guard parameterMapHash == self.parameterMapHash else {
      throw .wrongBase(
        part: "list of tensors", checkpoint: self.parameterMapHash, model: parameterMapHash)
    }
  }

  /// Writes the file at `path`, all of it or none.
  ///
  /// - Throws: ``SeedCheckpointError``, if the system refuses or the settings do not fit; the old file,
  ///   if any, is then still there.
  public func write(path: String) throws(SeedCheckpointError) {
    let bytes = try encoded()
    do { try AtomicFile.write(bytes, to: path) } catch { throw .file(error) }
  }
}
