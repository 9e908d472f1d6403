import CounterRandom
import SeedDescent
import Testing

@Suite("Divergence")
struct DivergenceTests {
  /// 64 held-out losses with mean 3 and deviation 1, nearly.
  private static let reference = LossReference(
    (0..<64).map { $0.isMultiple(of: 2) ? 2.0 : 4.0 })

  /// Returns what is found in `losses`, each of a batch of so many examples.
  private static func find(in losses: [Double], batch: Int = 4) -> Divergence? {
    var detector = DivergenceDetector(reference: reference, batch: batch)
    for loss in losses { if let found = detector.observe(loss) { return found } }
    return nil
  }

  private static func flat(_ loss: Double, _ count: Int) -> [Double] {
    [Double](repeating: loss, count: count)
  }

  @Test("the reference is the mean and the deviation; of one example half the mean is as good")
  func reference() {
    #expect(Self.reference.mean == 3 && Self.reference.count == 64)
    // (64 · 1² + 2 · 1.5²) / 65 = 1.0538…
    #expect(abs(Self.reference.deviation - 1.026_57) < 1e-5)
    #expect(LossReference([4]).deviation == 2)
  }

  @Test(
    "a jump is found at its third step, however high, and the model before it was good",
    arguments: [8.0, 400, 1e300, .infinity, .nan], [0, 1, 35])
  func jump(_ high: Double, after calm: Int) throws {
    let losses = Self.flat(3, calm) + Self.flat(high, 5)
    let found = try #require(Self.find(in: losses))
    #expect(found.position == calm + 3 && found.lastGood == calm && found.reference == 3)
    #expect(found.loss == (high.isFinite ? high : .infinity))
  }

  @Test("two steep or failed batches are no divergence", arguments: [400, Double.infinity])
  func outliers(_ high: Double) {
    let losses = (0..<20).flatMap { _ in Self.flat(3, 10) + Self.flat(high, 2) }
    #expect(Self.find(in: losses) == nil)
  }

  @Test("a run that has learned is compared with what it was, at half of what it had gained")
  func relapse() throws {
    let learned = Self.flat(3, 10) + Self.flat(0.5, 20)
    #expect(Self.find(in: learned + Self.flat(1.7, 500)) == nil)
    let found = try #require(Self.find(in: learned + Self.flat(3.2, 40)))
    #expect(found.lastGood == 30 && found.position <= 45)
  }

  @Test("a loss that stays what it was, or a tenth above, is no divergence", arguments: [1, 16])
  func plateau(_ batch: Int) {
    #expect(Self.find(in: Self.flat(3, 1000), batch: batch) == nil)
    #expect(Self.find(in: Self.flat(3.3, 1000), batch: batch) == nil)
  }

  /// One of two kinds of noise with mean 0 and deviation 1: normal, and the exponential law's heavy tail.
  enum Noise: CaseIterable {
    case normal, exponential

    /// The mean of so many numbers.
    func draw(_ count: Int, _ stream: inout RandomStream) -> Double {
      switch self {
      case .normal: stream.normal() / Double(count).squareRoot()
      case .exponential: stream.gamma(shape: Double(count)) / Double(count) - 1
      }
    }
  }

  @Test(
    "noise of batches is none in 200 runs of 500 steps that learn nothing",
    arguments: Noise.allCases,
    [1, 4, 16])
  func falseAlarms(_ noise: Noise, batch: Int) {
    var stream = RandomStream(seed: 5, tag: .syntheticData)
    var count = 0
    for _ in 0..<200 {
      let losses = (0..<500).map { _ in 3 + noise.draw(batch, &stream) }
      if Self.find(in: losses, batch: batch) != nil { count += 1 }
    }
    #expect(count == 0)
  }
}
