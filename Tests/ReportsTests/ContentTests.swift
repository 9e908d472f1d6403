import Foundation
import Reports
import Testing

@Suite("What a report says")
struct ContentTests {
  /// Held-out losses as the only thing measured, numbered from round 0.
  private func report(heldOutLosses losses: [Double?]) -> RunReport {
    var report = RunReport(title: "T")
    report.measurements = losses.enumerated().map { period, loss in
      var measurement = Reports.Measurement(period: period)
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
      .map { Double($0.prefix { $0 != "%" }) }
    #expect(heights.count == losses.count)
    #expect(heights.allSatisfy { height in height.map { (0...100).contains($0) } ?? false })
    #expect((2...12).contains(count("text-anchor=\"end\"", in: page) - 2))
  }

  /// Training losses of many steps, with a held-out loss at every hundredth.
  private func training(steps: Int) -> RunReport {
    var report = RunReport(title: "T")
    report.period = "step"
    report.measurements = (1...steps).map { step in
      var measurement = Reports.Measurement(period: step)
      measurement.trainingLoss = 3 - Double(step % 7) / 10 - Double(step) / Double(steps)
      if step.isMultiple(of: 100) { measurement.heldOutLoss = 3 - Double(step) / Double(steps) }
      return measurement
    }
    return report
  }

  @Test("ten thousand steps make a small page that says what it leaves out")
  func longRuns() {
    let page = training(steps: 10_000).html()
    // The held-out losses alone.
    #expect(count("<circle", in: page) == 100)
    #expect(page.utf8.count < 60_000)
    #expect(page.contains("a moving mean of about 100 steps, some of them shown as points"))
  }

  @Test("a training loss is a line of means over points, those of all steps if they are few")
  func trainingPoints() throws {
    let page = training(steps: 60).html()
    let path = try #require(page.split(separator: "<path d=\"").last?.prefix { $0 != "\"" })
    #expect(count("h0", in: String(path)) == 60)
    #expect(page.contains("a moving mean of about 3 steps."))
  }

  @Test("a loss that left its way does not press the others into a line, and the page says so")
  func cutAxis() {
    let page = report(heldOutLosses: [3, 2.5, 900, 2, 1e9]).html()
    #expect(page.contains("The axis is cut: held-out loss goes up to 1000000000."))
    #expect(count("<circle", in: page) == 3)
    #expect(page.contains("<title>held-out loss, round 2: 900.000</title>"))
    #expect(count("class=\"leaves\"", in: page) == 1)
    #expect(page.contains(">3.0</text>") && !page.contains(">500</text>"))
  }

  @Test("where most of a loss is far above its start, the axis has a decade for each tick")
  func logarithmicAxis() {
    let page = report(heldOutLosses: [3, 50, 900, 4000]).html()
    #expect(page.contains("The axis is logarithmic."))
    #expect(count("<circle", in: page) == 4)
    for tick in ["1", "10", "100", "1000", "10000"] {
      #expect(page.contains("text-anchor=\"end\">\(tick)</text>"), "\(tick)")
    }
    // log10 3 of four decades.
    #expect(page.contains("cy=\"88.07%\""))
  }

  @Test("an unfinished run says how far it is, and its page reads itself again")
  func unfinished() {
    var report = report(heldOutLosses: [3, 2])
    #expect(!report.html().contains("http-equiv=\"refresh\""))
    report.progress = Progress(done: 120, length: 400)
    report.date = Date(timeIntervalSince1970: 1_700_000_000)
    let page = report.html()
    #expect(page.contains("http-equiv=\"refresh\" content=\"30\""))
    #expect(page.contains("Round 120 of 400") && page.contains("written 2023-11-14 22:13 UTC"))
  }

  @Test("the head of a page has what was done, warnings, and where the run left its way")
  func head() {
    var report = report(heldOutLosses: [3, 2])
    report.overview = [Fact("learning rate", "0.5")]
    report.warnings = ["It diverged."]
    report.divergedAt = 1
    let page = report.html()
    for part in ["0.5", "<li>It diverged.</li>", "diverged at round 1"] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test("settings at their defaults are folded, the others are not")
  func settings() throws {
    var report = RunReport(title: "T")
    report.settings = [Fact("lr", "7"), Fact("warmup", "0", isUsual: true)]
    let page = report.html()
    let fold = try #require(page.split(separator: "<details>").last)
    #expect(fold.contains("1 more, at their defaults") && fold.contains("warmup"))
    #expect(!fold.contains("<th>lr</th>") && page.contains("<th>lr</th>"))
  }

  @Test(
    "what came out is the loss at both ends and at its lowest, and every other measure",
    arguments: [
      ([3, 1.5, 2], "3.000 \u{2192} 2.000", "1.500"), ([2, 3], "2.000 \u{2192} 3.000", nil),
    ] as [([Double], String, String?)])
  func outcome(_ losses: [Double], _ ends: String, _ lowest: String?) {
    var report = report(heldOutLosses: losses)
    for index in losses.indices {
      report.measurements[index].metrics = ["accuracy": Double(index) / 4]
    }
    let values = report.outcome.map(\.value)
    let accuracy = "0.0 % \u{2192} \(25 * (losses.count - 1)).0 %"
    #expect(values == [ends] + (lowest.map { [$0] } ?? []) + [accuracy])
    #expect(report.outcome[0].note == (losses.count == 3 ? "nats, \u{2212}33 %" : "nats, +50 %"))
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

  @Test("of very many clients the first have a row, and it is said how many have none")
  func manyClients() {
    var report = RunReport(title: "T")
    report.clients = (0..<1203).map { Client(name: "c\($0)") }
    let page = report.html()
    #expect(page.contains(">c999</th>") && !page.contains(">c1000</th>"))
    #expect(page.contains("The first 1000; 203 more are in rounds.jsonl."))
  }

  @Test("an answer counts as expected whatever space is around it", arguments: ["42", " 42\n"])
  func expectedAnswer(_ answer: String) {
    var report = RunReport(title: "T")
    report.samples = [Sample(instruction: "?", expected: "42", before: "41", after: answer)]
    #expect(count("as expected", in: report.html()) == 1)
    #expect(report.outcome.map(\.value) == ["0 \u{2192} 1"])
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
