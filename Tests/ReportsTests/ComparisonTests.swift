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
    for title in ["Held-out loss", "Held-out loss over time", "accuracy"] {
      #expect(page.contains("aria-label=\"\(title)\""), "\(title)")
    }
    #expect(page.contains("<title>a, round 2: 1.500</title>"))
    #expect(page.contains("<title>=b, seconds 3: 2.250</title>"))
  }

  @Test("the settings that differ are named, and no others")
  func differences() {
    #expect(comparison.differences.map(\.name) == ["lr"])
    #expect(comparison.differences.map(\.values) == [["1", "2"]])
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
