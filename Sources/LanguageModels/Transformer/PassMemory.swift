/// What ``ForwardPass`` and ``CrossEntropy`` allocate for a batch, in bytes: the same shapes, counted.
///
/// Symbols: s sides, T tokens, L labels (all of one side), P threads, h hidden size, q and k the widths of
/// queries and of keys, f feed-forward size, V vocabulary, t(n) rows of a tile with rows of n elements.
public struct PassMemory: Sendable {
  private let c: ModelConfiguration
  private let tokens: Int
  private let labels: Int
  private let sequenceLength: Int
  private let sides: Int
  private let threads: Int

  /// Describes a pass of `tokens` tokens, `labels` of them to be predicted.
  ///
  /// - Parameters:
  ///   - sequenceLength: The number of tokens of the longest sequence.
  ///   - sides: 1 or 2.
  public init(
    _ configuration: ModelConfiguration, tokens: Int, labels: Int, sequenceLength: Int,
    sides: Int, threads: Int
  ) {
    c = configuration
    self.tokens = tokens
    self.labels = labels
    self.sequenceLength = sequenceLength
    self.sides = sides
    self.threads = threads
  }

  /// `4 s T (3h + max(2q + 2k, f)) + 4 s L h + 4 T headSize`: what a layer holds at a time, the
  /// labelled rows that the last layer selects, and the rotary angles, at most.
  public var activations: Int {
    let row = 3 * c.hiddenSize + LayerScratch.width(c)
    let selected = labels < tokens ? labels * c.hiddenSize : 0
    return 4 * (sides * (tokens * row + selected) + tokens * c.angles) + transposedSums
  }

  /// Of layers whose rows are inputs, the sums that tiles are added to, in the largest.
  private var transposedSums: Int {
    guard c.architecture.keepsInputsAsRows else { return 0 }
    let sizes = [
      (c.hiddenSize, c.querySize), (c.hiddenSize, c.feedForwardSize),
      (c.feedForwardSize, c.hiddenSize),
    ]
    return sizes.map { inputs, outputs in
      let rows = PassWeights.tileRowCount(columns: outputs)
      let elements = sides * tokens * outputs
      let tiles = (inputs + rows - 1) / rows
      return 4 * elements * BackwardWeights.shardCount(tiles: tiles, elements: elements)
    }.max() ?? 0
  }

  /// `4 s L (2 ⌈V / t(h)⌉ + 1)`: a maximum and a sum of each tile of logits.
  public var head: Int {
    let rows = PassWeights.tileRowCount(columns: c.hiddenSize)
    let tiles = (c.vocabularySize + rows - 1) / rows
    return 4 * sides * labels * (2 * tiles + 1)
  }

  /// `4 P (max(s t n, s T t, 64 T) + s t n)`: a thread's tile of weights, and the outer buffer it may
  /// hold at the same time: logits, one half of a feed-forward tile, or scores of attention.
  public var scratch: Int {
    let columns = c.tileColumns
    let tile = columns.map { sides * PassWeights.tileRowCount(columns: $0) * $0 }.max() ?? 0
    let products = sides * tokens * PassWeights.tileRowCount(columns: c.hiddenSize)
    return 4 * threads * (max(tile, products, 64 * sequenceLength) + tile)
  }

  /// `8 layers k T`: the keys and values of `tokens` positions while text is generated.
  public static func keyValueCache(_ c: ModelConfiguration, tokens: Int) -> Int {
    8 * c.layerCount * c.keyValueSize * tokens
  }
}
