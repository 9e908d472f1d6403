internal import Kernels
internal import LanguageModels
internal import Tensors

/// The matrix products of a plain forward pass and nothing else: bare calls of `cblas_sgemm` on whole
/// matrices, each by as many threads as ``OpenBLAS/useThreads(_:)`` said.
struct Products {
  private let c: ModelConfiguration
  private let tokenCount: Int
  private let withAttention: Bool
  private let repeats: Int

  init(_ configuration: ModelConfiguration, _ request: Request) {
    c = configuration
    tokenCount = request.tokens ?? 64
    withAttention = request.attention ?? false
    repeats = request.repeats ?? 1
  }

  /// Times all products of a pass; ``Measurement/work`` is their number of operations.
  func measure() -> Measurement {
    let layer = layerProducts()
    let head = Product(m: tokenCount, n: c.vocabularySize, k: c.hiddenSize)
    let attention = withAttention ? attentionProducts() : []
    var measurement = Measurement()
    for repetition in 0...repeats {
      let start = ContinuousClock.now
      for _ in 0..<c.layerCount {
        for product in layer { product.run() }
        for product in attention { product.run() }
      }
      head.run()
      // The first pass is a warm-up.
      if repetition > 0 { measurement.seconds.append((ContinuousClock.now - start) / .seconds(1)) }
    }
    let inLayers = (layer + attention).reduce(0) { $0 + $1.operations } * Double(c.layerCount)
    measurement.work = inLayers + head.operations
    return measurement
  }

  private func layerProducts() -> [Product] {
    let (query, keyValue) = (c.headCount * c.headSize, c.keyValueHeadCount * c.headSize)
    let shapes = [
      (query, c.hiddenSize), (keyValue, c.hiddenSize), (keyValue, c.hiddenSize),
      (c.hiddenSize, query), (c.feedForwardSize, c.hiddenSize), (c.feedForwardSize, c.hiddenSize),
      (c.hiddenSize, c.feedForwardSize),
    ]
    return shapes.map { Product(m: tokenCount, n: $0.0, k: $0.1) }
  }

  /// The scores and the weighted sums of each head, for blocks of 64 queries of sequences of 128.
  private func attentionProducts() -> [Product] {
    let blocks = max(1, tokenCount / 64)
    return (0..<blocks).flatMap { block in
      let visible = 64 * (block % 2 + 1)
      return (0..<c.headCount).flatMap { _ in
        [
          Product(m: 64, n: visible, k: c.headSize), Product(m: 64, n: c.headSize, k: visible),
        ]
      }
    }
  }
}

/// One product `x · wᵀ`.
private struct Product {
  private let x, w, y: Matrix

  init(m: Int, n: Int, k: Int) {
    x = Matrix(rows: m, columns: k)
    w = Matrix(rows: n, columns: k)
    y = Matrix(rows: m, columns: n)
  }

  var operations: Double { 2 * Double(x.rowCount) * Double(w.rowCount) * Double(x.columnCount) }

  func run() { OpenBLAS.multiply(x, transposed: w, into: y) }
}
