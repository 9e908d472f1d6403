import Reports
import Testing

@Suite("What a report says")
struct ContentTests {
  /// Held-out losses as the only thing measured, numbered from round 0.
  private func report(heldOutLosses losses: [Double?]) -> RunReport {
    var report = RunReport(title: "T")
    report.measurements = losses.enumerated().map { period, loss in
      var measurement = Measurement(period: period)
      measurement.heldOutLoss = loss
      return measurement
    }
    return report
  }

  private func count(_ part: String, in page: String) -> Int {
    page.split(separator: part, omittingEmptySubsequences: false).count - 1
  }

  @Test("every measured value can be read by pointing at it")
  func valuesAreTooltips() {
    let page = report(heldOutLosses: [3.25, 2.125]).html()
    #expect(page.contains("<title>held-out loss, round 0: 3.250</title>"))
    #expect(page.contains("<title>held-out loss, round 1: 2.125</title>"))
  }

  @Test("a curve is drawn for what was measured and for nothing else")
  func onlyMeasuredCurves() {
    let page = report(heldOutLosses: [3, 2]).html()
    #expect(count("<figure", in: page) == 1)
    #expect(count("<circle", in: page) == 2)
  }

  @Test(
    "values that no axis can show are left out, whatever they are",
    arguments: [Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude])
  func undrawableValues(_ value: Double) {
    let page = report(heldOutLosses: [3, value, 2]).html()
    #expect(count("<circle", in: page) == 2)
    #expect(!page.contains("nan") && !page.contains("inf") && !page.contains("not finite"))
  }

  @Test(
    "a plot of awkward values has axes and stays inside its frame",
    arguments: [
      [0], [1, 1], [-3, -3], [1e-300, 0], [1, 1 + 1e-15], [1e18, -1e18], [0.1, 0.2, 0.3],
    ] as [[Double]])
  func awkwardRanges(_ losses: [Double]) throws {
    let page = report(heldOutLosses: losses).html()
    let heights = page.split(separator: " cy=\"").dropFirst()
      .map { Double($0.prefix { $0 != "\"" }) }
    #expect(heights.count == losses.count)
    #expect(heights.allSatisfy { height in height.map { (28...282).contains($0) } ?? false })
    #expect((2...12).contains(count("text-anchor=\"end\"", in: page) - 2))
  }

  @Test("two thousand steps make a line without a marker for each")
  func longRuns() {
    let page = report(heldOutLosses: (0..<2000).map { 3 - Double($0) / 1000 }).html()
    #expect(count("<circle", in: page) == 0)
    #expect(page.utf8.count < 60_000)
  }

  @Test("many categories share one last column, and no example is lost")
  func otherCategories() {
    var client = Client(name: "7")
    for category in 0..<13 { client.categories["c\(category)"] = 100 - category }
    client.examples = client.categories.values.reduce(0, +)
    var report = RunReport(title: "T")
    report.clients = [client]
    let page = report.html()
    #expect(count("class=\"category\"", in: page) == 11)
    // 90 + 89 + 88, the three smallest.
    #expect(page.contains(">267</td>"))
  }

  @Test("an answer counts as expected whatever space is around it", arguments: ["42", " 42\n"])
  func expectedAnswer(_ answer: String) {
    var report = RunReport(title: "T")
    report.samples = [Sample(instruction: "?", expected: "42", before: "41", after: answer)]
    #expect(count("as expected", in: report.html()) == 1)
  }

  @Test(
    "quantities are written with three digits and a decimal prefix",
    arguments: [
      (Quantity.bytes, 0.0, "0 B"), (.bytes, 999, "999 B"), (.bytes, 16384, "16.4 kB"),
      (.bytes, 98_362_432, "98.4 MB"), (.bytes, 2.5e9, "2.50 GB"), (.seconds, 0.0851, "85.1 ms"),
      (.seconds, 3, "3 s"), (.seconds, 12.34, "12.3 s"), (.seconds, 90, "1.50 min"),
      (.loss, 2.41666, "2.417"), (.loss, -0.0001, "0.000"), (.loss, .nan, "not finite"),
    ])
  func quantities(_ quantity: Quantity, _ value: Double, _ text: String) {
    #expect(quantity.text(value) == text)
  }
}
