/// What ``BackwardPass`` allocates for a batch, in bytes: the same shapes, counted.
///
/// Symbols: as in ``PassMemory``, all of one side, and t(n) rows of a tile on the way back.
public struct BackwardMemory: Sendable {
  private let c: ModelConfiguration
  private let tokens: Int
  private let labels: Int
  private let sequenceLength: Int
  private let threads: Int
  private let keeping: BackwardPass.Keeping

  /// Describes a pass of `tokens` tokens, `labels` of them to be predicted, and its way back.
  ///
  /// - Parameters:
  ///   - sequenceLength: The number of tokens of the longest sequence.
  ///   - keeping: What is kept of each layer.
  public init(
    _ configuration: ModelConfiguration, tokens: Int, labels: Int, sequenceLength: Int,
    threads: Int, keeping: BackwardPass.Keeping
  ) {
    c = configuration
    self.tokens = tokens
    self.labels = labels
    self.sequenceLength = sequenceLength
    self.threads = threads
    self.keeping = keeping
  }

  /// `4 T h layers + 4 L h`: the input of each layer, and the output of the last.
  public var layerInputs: Int { 4 * c.hiddenSize * (tokens * c.layerCount + labels) }

  /// `4 T (3h + 2q + 2k + 2f)`, of each layer if all are kept: what a backward pass needs of a layer.
  ///
  /// Without a gate f counts once; norms of queries and keys add q + k, norms behind blocks h each.
  public var activations: Int {
    let row =
      3 * c.hiddenSize + 2 * c.querySize + 2 * c.keyValueSize
      + (c.isGated ? 2 : 1) * c.feedForwardSize + c.normInputs
    return 4 * row * (keeping == .inputs ? tokens : tokens * (c.layerCount - 1) + labels)
  }

  /// `4 T (h + max(2q + 2k, f)) + 4 T headSize`: what all layers compute in, and the rotary angles.
  public var layerScratch: Int {
    4 * tokens * (c.hiddenSize + LayerScratch.width(c) + c.angles)
  }

  /// `4 T h + 8 L h`: the gradient of a layer's output, and the normalised output of the last with the
  /// rows that this selects.
  public var gradients: Int { 4 * c.hiddenSize * (tokens + 2 * labels) }

  /// `4 max(n T min(8, tiles, max(2, 2^23 / n T)))`: the shards' parts of `dX`, in the largest operation.
  public var partialSums: Int {
    4 * BackwardWeights.sumElements(c, rows: tokens, labels: labels)
  }

  /// `4 L (2 ⌈V / t(h)⌉ + 1)`: as in a forward pass, before there are partial sums.
  public var head: Int {
    PassMemory(
      c, tokens: tokens, labels: labels, sequenceLength: sequenceLength, sides: 1,
      threads: threads
    ).head
  }

  /// `4 P (max(t n, L t, 128 T) + max(t h, K) + K)`: a thread's buffers, one inside the other: a tile,
  /// logits or attention; the head's tile or a projection; the projection of the head's tile.
  public func scratch(candidates: Int) -> Int {
    let tile = { (columns: Int) in BackwardWeights.tileRowCount(columns: columns) * columns }
    let tiles = c.tileColumns.map(tile).max() ?? 0
    let logits = labels * BackwardWeights.tileRowCount(columns: c.hiddenSize)
    let outer = max(tiles, logits, 2 * 64 * sequenceLength)
    return 4 * threads * (outer + max(tile(c.hiddenSize), candidates) + candidates)
  }
}

extension ModelConfiguration {
  /// The elements of a token's rotary angles.
  var angles: Int { rotaries.reduce(0) { $0 + $1.size } }

  /// The lengths of rows of the tensors of layers.
  var tileColumns: [Int] {
    let columns = [hiddenSize, querySize, feedForwardSize]
    guard architecture.keepsInputsAsRows else { return columns }
    return columns + [querySize + 2 * keyValueSize]
  }

  /// The elements of a row of what norms within a layer are given, besides those that all families have.
  var normInputs: Int {
    let sizes: [TensorRole: Int] = [
      .queryNorm: querySize, .keyNorm: keyValueSize, .attentionPostNorm: hiddenSize,
      .feedForwardPostNorm: hiddenSize,
    ]
    return sizes.reduce(0) { architecture.tensors[$1.key] == nil ? $0 : $0 + $1.value }
  }
}
