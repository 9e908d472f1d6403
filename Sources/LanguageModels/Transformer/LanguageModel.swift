public import Kernels
public import Tensors

/// A decoder-only transformer.
///
/// The model holds no weights: a ``WeightSource`` hands it tiles, plain or perturbed on two sides. What
/// it computes is said by its ``ModelConfiguration``; ``ForwardPass`` does it.
///
/// Source: Touvron et al. 2023 (arXiv:2302.13971).
public struct LanguageModel: Sendable {
  /// The hyper-parameters.
  public let configuration: ModelConfiguration

  let parameters: DecoderParameters
  private(set) var context: ComputeContext

  /// Creates a model whose tensors are found in `map`.
  ///
  /// - Throws: ``ModelError`` if a tensor is missing or has another shape than `configuration` says.
  public init(
    _ configuration: ModelConfiguration, parameters map: ParameterMap, context: ComputeContext
  ) throws(ModelError) {
    self.configuration = configuration
    self.context = context
    parameters = try DecoderParameters(configuration, in: map)
  }

  /// Returns the same model, computed by `context`.
  package func computed(by context: ComputeContext) -> LanguageModel {
    var model = self
    model.context = context
    return model
  }

  /// Returns the losses of each sequence of `batch`.
  ///
  /// - Parameter batch: Every sequence has at least one label.
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  /// - Complexity: Each weight is loaded once.
  public func losses(
    of batch: PackedBatch, weights: any WeightSource
  ) throws(ModelError) -> [SequenceLoss] {
    try validate(batch)
    return losses(of: batch, PassWeights(weights, context: context))
  }

  /// Returns the losses of each sequence of `batch` on both sides of `weights`.
  ///
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  /// - Complexity: Each weight is loaded once for both sides.
  public func losses(
    of batch: PackedBatch, weights: any TwoSidedWeightSource
  ) throws(ModelError) -> Sides<[SequenceLoss]> {
    try validate(batch)
    let losses = losses(of: batch.repeated(2), PassWeights(weights, context: context))
    let count = batch.sequences.count
    return Sides(plus: Array(losses.prefix(count)), minus: Array(losses.suffix(count)))
  }

  /// Returns the losses of each sequence of `batch`, and gives the gradient of a function of them with
  /// respect to the weights to a sink, tile by tile.
  ///
  /// - Parameters:
  ///   - batch: Every sequence that counts has a label.
  ///   - gradients: Takes the gradient; the same bits for any number of threads.
  ///   - keeping: What is kept of each layer on the way up.
  ///   - derivative: Returns the derivative of the function with respect to the sum of the negative
  ///     log-likelihoods of each sequence's labels, given all losses.
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  /// - Complexity: About four forward passes, or three if everything is kept; memory of the input of
  ///   each layer, `4 · layers · tokens · hiddenSize` bytes, or of all activations.
  public func losses(
    of batch: PackedBatch, weights: any WeightSource, gradients: any GradientSink,
    keeping: BackwardPass.Keeping = .inputs, derivative: ([SequenceLoss]) -> [Double]
  ) throws(ModelError) -> [SequenceLoss] {
    try validate(batch)
    let inputs = batch.inputs
    let forward = ForwardPass(
      PassInput(configuration, inputs, PassWeights(weights, context: context)), parameters,
      outputRows: batch.labelledRows(of: inputs))
    let counts = batch.sequences.map(\.labels.count)
    let pass = BackwardPass(
      forward: forward, parameters: parameters,
      weights: BackwardWeights(
        weights: weights, gradients: gradients, context: context,
        sumElements: BackwardWeights.sumElements(
          configuration, rows: inputs.tokenCount, labels: batch.targets.count)),
      keeping: keeping)
    let losses = pass.run(targets: batch.targets) { losses in
      let slopes = derivative(SequenceLoss.split(losses, into: counts))
      return zip(slopes, counts).flatMap { [Double](repeating: $0, count: $1) }
    }
    return SequenceLoss.split(losses, into: counts)
  }

  private func losses(of batch: PackedBatch, _ weights: PassWeights) -> [SequenceLoss] {
    let losses = CrossEntropy(weights, head: parameters.head, cap: configuration.logitCap).losses(
      hidden: forwardPass(of: batch, weights).hiddenStates(), targets: batch.targets)
    return SequenceLoss.split(losses, into: batch.sequences.map(\.labels.count))
  }

  /// Returns the pass that ends in the hidden states of the rows before the labels of `batch`.
  ///
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  package func forwardPass(
    of batch: PackedBatch, weights: any WeightSource
  ) throws(ModelError) -> ForwardPass {
    try validate(batch)
    return forwardPass(of: batch, PassWeights(weights, context: context))
  }

  private func forwardPass(of batch: PackedBatch, _ weights: PassWeights) -> ForwardPass {
    let inputs = batch.inputs
    return ForwardPass(
      PassInput(configuration, inputs, weights), parameters,
      outputRows: batch.labelledRows(of: inputs))
  }

  /// Returns the logits that follow the given rows of `batch`, shape `(rows, vocabularySize)`.
  ///
  /// - Parameters:
  ///   - batch: Tokens to go through the model.
  ///   - rows: Rows of the batch, ascending; `nil` is the last row of each sequence.
  /// - Throws: ``ModelError`` if a token or a position is out of range.
  public func logits(
    of batch: PackedBatch, rows: [Int]? = nil, weights: any WeightSource
  ) throws(ModelError) -> Matrix {
    try validate(batch)
    return logits(PassInput(configuration, batch, PassWeights(weights, context: context)), rows)
  }

  /// Returns the logits that follow the given rows of a pass whose batch has been validated.
  func logits(_ input: PassInput, _ rows: [Int]? = nil) -> Matrix {
    let rows = rows ?? input.batch.lastRows
    precondition(zip(rows, rows.dropFirst()).allSatisfy(<), "rows must ascend, but are \(rows)")
    let hidden = ForwardPass(input, parameters, outputRows: rows).hiddenStates()
    let logits = Matrix(rows: hidden.rowCount, columns: configuration.vocabularySize)
    input.weights.apply([(hidden, parameters.head, logits)])
    if let cap = configuration.logitCap { context.operations.softCap(logits, cap: cap) }
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
