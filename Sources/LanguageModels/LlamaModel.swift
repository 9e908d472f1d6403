public import Tensors
public import Weights

/// A decoder-only transformer of the Llama family.
///
/// The model holds no weights: a ``WeightSource`` hands it tiles, plain or perturbed on two sides.
/// ``ForwardPass`` is the architecture; a new architecture is a new file beside it.
///
/// Source: Touvron et al. 2023 (arXiv:2302.13971).
public struct LlamaModel: Sendable {
  /// The hyper-parameters.
  public let configuration: ModelConfiguration

  let parameters: LlamaParameters
  package let runtime: Runtime

  /// Creates a model whose tensors are found in `map`.
  ///
  /// - Throws: ``ModelError`` if a tensor is missing or has another shape than `configuration` says.
  public init(
    _ configuration: ModelConfiguration, parameters map: ParameterMap, runtime: Runtime
  ) throws(ModelError) {
    self.configuration = configuration
    self.runtime = runtime
    parameters = try LlamaParameters(configuration, in: map)
  }

  /// Returns the losses of each sequence of `batch`, side by side.
  ///
  /// - Parameters:
  ///   - batch: Every sequence has at least one label.
  ///   - weights: One side, or two that are evaluated in one pass over the weights.
  /// - Returns: For each side, the loss of each sequence.
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  /// - Complexity: Each weight is loaded once, whatever the number of sides.
  public func losses(
    of batch: PackedBatch, weights: any WeightSource
  ) throws(ModelError) -> [[SequenceLoss]] {
    try validate(batch)
    let inputs = batch.inputs
    let pass = try ForwardPass(
      self, inputs, weights: weights, outputRows: batch.labelledRows(of: inputs))
    let hidden = pass.hiddenStates()
    let losses = CrossEntropy(products: pass.products).losses(
      hidden: hidden, targets: batch.targets, head: parameters.head)
    return losses.map { SequenceLoss.split($0, into: batch.sequences.map(\.labels.count)) }
  }

  /// Returns the logits that follow the given rows of `batch`, shape `(rows, vocabularySize)`.
  ///
  /// - Parameters:
  ///   - batch: Tokens to go through the model.
  ///   - rows: Rows of the batch, ascending; `nil` is the last row of each sequence.
  ///   - weights: One side.
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  public func logits(
    of batch: PackedBatch, rows: [Int]? = nil, weights: any WeightSource
  ) throws(ModelError) -> Matrix {
    try logits(of: batch, rows: rows, weights: weights, cache: nil, cacheSequences: [])
  }

  /// As above, with the keys and values of earlier positions in `cache`.
  func logits(
    of batch: PackedBatch, rows: [Int]? = nil, weights: any WeightSource, cache: KeyValueCache?,
    cacheSequences: [Int]
  ) throws(ModelError) -> Matrix {
    precondition(weights.sideCount == 1, "logits of \(weights.sideCount) sides")
    let rows = rows ?? batch.lastRows
    let pass = try ForwardPass(
      self, batch, weights: weights, outputRows: rows, cache: cache,
      cacheSequences: cacheSequences)
    precondition(zip(rows, rows.dropFirst()).allSatisfy(<), "rows must ascend, but are \(rows)")
    let hidden = pass.hiddenStates()
    let logits = Matrix(rows: hidden.rowCount, columns: configuration.vocabularySize)
    pass.products.multiply([(hidden, parameters.head, logits)])
    return logits
  }

  /// Checks that every token and position of `batch` is one the model knows.
  func validate(_ batch: PackedBatch) throws(ModelError) {
    for sequence in batch.sequences {
      guard !sequence.tokens.isEmpty else { throw .emptySequence }
      let length = sequence.firstPosition + sequence.tokens.count
      guard length <= configuration.contextLength else {
        throw .contextExceeded(length: length, contextLength: configuration.contextLength)
      }
      for token in sequence.tokens where !(0..<Int32(configuration.vocabularySize)).contains(token)
      {
        throw .tokenOutOfRange(token, vocabularySize: configuration.vocabularySize)
      }
    }
  }
}
