import Testing
import SeedDescent

@Suite("Divergence")
struct DivergenceTests {
  /// Losses that stay at 1 at the start, and then at something else for a window.
  private static func losses(then last: Double, count: Int = Divergence.window) -> [Double] {
    [Double](repeating: 1, count: Divergence.start) + [Double](repeating: last, count: count)
  }

  @Test(
    "a run has diverged when its last losses are more than twice those of its start",
    arguments: [
      (0.5, 0, false), (2, 0, false), (2.1, 0, true), (2.1, 1.1, false), (.infinity, 0, true),
      (.nan, 0, true),
    ] as [(Double, Double, Bool)])
  func threshold(last: Double, untuned: Double, expected: Bool) {
    let found = Divergence(losses: Self.losses(then: last), untuned: untuned)
    #expect((found != nil) == expected)
  }

  @Test("single steep or failed batches are no divergence")
  func outliers() throws {
    var losses = Self.losses(then: 1.5)
    losses[50] = 40
    losses[60] = .infinity
    #expect(Divergence(losses: losses, untuned: 1) == nil)
    losses[70] = 60
    let found = try #require(Divergence(losses: losses, untuned: 1))
    #expect(found.first == 1)
    #expect(abs(found.last - (97 * 1.5 + 100) / 99) < 1e-12)
  }

  @Test("a short run is not judged")
  func short() {
    let count = Divergence.window - Divergence.start - 1
    #expect(Divergence(losses: Self.losses(then: 90, count: count), untuned: 1) == nil)
  }
}
