public import FineTuning
public import SeedBasis
public import SeedDescent

/// What the cost of a step depends on besides the model.
public struct StepSettings: Sendable, Equatable {
  /// The number of tokens of all sequences together.
  public var tokens = 512
  /// The number of sequences, of equal lengths.
  public var sequences = 1
  /// The kind of directions.
  public var basis = BasisKind.hadamard
  /// The number of candidates K.
  public var candidates = 4096
  /// How the current weights are held.
  public var mode = WeightMode.virtual
  /// The type of the copy that `dense` makes.
  public var storage = DenseStorage.f32
  /// The number of threads.
  public var threads = 1
  /// How the step measures slopes: from two sides, or along all K by a backward pass.
  public var estimator = Estimator.twoSided
  /// What the backward pass keeps of each layer.
  public var recompute = Recomputation.always

  /// The number of tokens of the answer to each sequence, of sample answers or a metric; 0 for none.
  public var answerTokens = 0

  /// Creates the default settings.
  public init() {}

  /// Bytes of private memory for each weight: 0, 2 or 4.
  var bytesPerWeight: Int { mode == .virtual ? 0 : storage == .bf16 ? 2 : 4 }

  /// The number of variants of each weight that a pass of the step has at once.
  var sides: Int { estimator == .twoSided ? 2 : 1 }

  /// The lengths of the sequences: as equal as can be.
  var lengths: [Int] {
    (0..<sequences).map { tokens / sequences + ($0 < tokens % sequences ? 1 : 0) }
  }

  /// The number of positions whose keys and values are kept while answers are generated.
  var cachedTokens: Int { answerTokens == 0 ? 0 : tokens + sequences * answerTokens }

  /// The number of labels: every token but the first of each sequence.
  var labels: Int { tokens - sequences }
}
