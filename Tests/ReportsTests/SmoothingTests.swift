import Reports
import Testing

@Suite("A moving mean")
struct SmoothingTests {
  @Test(
    "the span is a twentieth of the values, within bounds",
    arguments: [(0, 1), (19, 1), (40, 2), (200, 10), (100_000, 100)])
  func span(_ count: Int, _ span: Int) { #expect(Smoothing(count: count).span == span) }

  @Test("a mean is that of all values so far, with weights that fall by one factor")
  func weights() {
    let values = (0..<50).map { Double($0 * $0 % 11) }
    let smoothing = Smoothing(count: 80)
    let kept = 1 - 2 / (Double(smoothing.span) + 1)
    for (index, mean) in smoothing.means(of: values).enumerated() {
      var (sum, weight, factor) = (0.0, 0.0, 1.0)
      for value in values[...index].reversed() {
        sum += factor * value
        weight += factor
        factor *= kept
      }
      // Both sums have at most 50 terms, each rounded to 53 bits.
      #expect(abs((mean ?? .nan) - sum / weight) < 1e-12)
    }
  }

  @Test("of one value, and of a span of 1, a mean is the value")
  func single() {
    #expect(Smoothing(count: 400).means(of: [7]) == [7])
    #expect(Smoothing(count: 1).means(of: [7, 3]) == [7, 3])
  }

  @Test("what is not finite counts as missing")
  func gaps() {
    #expect(Smoothing(count: 1).means(of: [.nan, 2, .infinity]) == [nil, 2, 2])
  }
}
