import Reports
import Testing

@Suite("What a comparison says")
struct ComparisonTests {
  private func run(_ name: String, lr: String, losses: [Double]) -> RunComparison.Run {
    var report = RunReport(title: name)
    report.settings = [Fact("lr", lr), Fact("basis", "hadamard")]
    report.figures = [Figure("loss after", "\(losses.last ?? 0)")]
    report.measurements = losses.enumerated().map { period, loss in
      var measurement = Measurement(period: period)
      measurement.heldOutLoss = loss
      measurement.seconds = period == 0 ? nil : 1.5
      measurement.metrics = ["accuracy": 0.5 + Double(period) / 10]
      return measurement
    }
    return RunComparison.Run(name: name, report: report)
  }

  private var comparison: RunComparison {
    RunComparison(
      title: "T",
      runs: [
        run("a", lr: "1", losses: [3, 2, 1.5]), run("=b", lr: "2", losses: [3, 2.5, 2.25]),
      ])
  }

  @Test("curves of all runs stand in one plot: by period, over time, and for each metric")
  func curves() {
    let page = comparison.html()
    for title in ["Held-out loss", "Held-out loss over time", "Accuracy"] {
      #expect(page.contains("aria-label=\"\(title)\""), "\(title)")
    }
    #expect(page.contains("<title>a, round 2: 1.500</title>"))
    #expect(page.contains("<title>=b, seconds 3: 2.250</title>"))
  }

  @Test("the settings that differ are named, and no others; the page folds the rest")
  func differences() throws {
    #expect(comparison.differences.map(\.name) == ["lr"])
    #expect(comparison.differences.map(\.values) == [["1", "2"]])
    let parts = comparison.html().split(separator: "<details>")
    #expect(parts[0].contains(">lr<") && !parts[0].contains(">basis<"))
    #expect(parts[1].contains("1 setting is the same") && parts[1].contains(">basis<"))
  }

  @Test("a run has the same colour everywhere, also where another run has nothing to show")
  func colors() {
    var comparison = comparison
    for index in comparison.runs[0].report.measurements.indices {
      comparison.runs[0].report.measurements[index].metrics = [:]
    }
    let page = comparison.html()
    let accuracy = page.split(separator: "<figure").first { $0.contains("aria-label=\"Accuracy\"") }
    #expect(accuracy?.contains("color-1") == true && accuracy?.contains("color-0") == false)
  }

  @Test("folders that all runs lie in go without saying, as does what they are")
  func shortNames() {
    let runs = ["runs/x/a.kseed", "runs/x/b.kseed"].map { run($0, lr: "1", losses: [3, 2]) }
    let page = RunComparison(title: "T", runs: runs).html()
    #expect(page.contains(">a<") && !page.contains("runs/x") && !page.contains("kseed<"))
  }

  @Test("answers of all runs stand beside each other, the right ones marked")
  func answers() {
    var comparison = comparison
    for (index, after) in ["Paris", "Rome"].enumerated() {
      comparison.runs[index].report.samples = [
        Sample(instruction: "Capital of France?", expected: "Paris", before: "?", after: after)
      ]
    }
    let page = comparison.html()
    #expect(page.split(separator: "Capital of France?").count == 2)
    #expect(page.split(separator: "as expected").count == 2)
    #expect(page.contains("a \u{2713} as expected"))
  }

  @Test("a diverged run leaves the others their shape")
  func diverged() {
    var comparison = comparison
    comparison.runs.append(run("c", lr: "9", losses: [3, 400, 900]))
    let page = comparison.html()
    #expect(page.contains("The axis is cut: c goes up to 900."))
    #expect(page.contains("<title>a, round 2: 1.500</title>"))
  }

  @Test("CSV has a line for each measurement, and no field that a spreadsheet would compute")
  func csv() {
    let lines = comparison.csv().split(separator: "\r\n").map(String.init)
    #expect(
      lines.count == 7
        && lines.allSatisfy {
          $0.split(separator: ",", omittingEmptySubsequences: false).count == 10
        })
    #expect(lines[0].hasPrefix("run,round,held_out_loss,") && lines[0].hasSuffix(",accuracy"))
    #expect(lines[3] == "a,2,1.5,,,,1.5,,,0.7")
    #expect(lines[4].hasPrefix("'=b,0,3.0,"))
  }

  @Test("seeds are ranked by the mean size of their steps, the leading zero included")
  func seeds() {
    var report = RunReport(title: "T")
    report.seeds = [
      SeedUse(candidate: 0, steps: 1, sumOfMagnitudes: 4),
      SeedUse(candidate: 1, steps: 3, sumOfMagnitudes: 12),
      SeedUse(candidate: 2, steps: 0, sumOfMagnitudes: 0),
    ]
    #expect(report.seeds.map(\.significance) == [2, 3, 0])
    let page = report.html()
    #expect(page.contains("<title>mean size of a step, rank 1: 3</title>"))
    #expect(page.contains("The 2 candidates that were drawn, of 3"))
  }
}
