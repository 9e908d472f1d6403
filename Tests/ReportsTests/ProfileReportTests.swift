import Foundation
import Reports
import Testing

@Suite("What a profile says")
struct ProfileReportTests {
  private func report(saying text: String = "text", steps: Int = 2) -> ProfileReport {
    var report = ProfileReport(title: text)
    (report.summary, report.speedNote, report.commandLine) = (text, text, text)
    report.warnings = [text]
    report.overview = [Fact(text, text)]
    report.figures = [Figure(text, text, note: text)]
    report.memory = [ProfileReport.Memory(text, measured: 3_000_000, predicted: 1_000_000)]
    report.phases = [
      ProfileReport.Phase(text, seconds: 0.75, speed: text, attained: text),
      ProfileReport.Phase("other", seconds: 0.25),
    ]
    report.measurements = (0..<steps).map { step in
      var point = Reports.Measurement(period: step + 1)
      point.seconds = 1
      point.privateBytes = 4_000_000
      return point
    }
    report.process = [Fact(text, text)]
    report.settings = [Fact(text, text)]
    report.machine = [Fact(text, text)]
    return report
  }

  @Test("memory is measured beside predicted, time is shared by phases")
  func rows() {
    let page = report().html()
    for part in [
      "3.00 MB", "1.00 MB", "width: 100.0%", "left: 33.3%", "750 ms", ">75 %<", "250 ms", ">25 %<",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }

  @Test("a single step is no curve")
  func singleStep() {
    #expect(report(steps: 2).html().contains("<figure"))
    #expect(!report(steps: 1).html().contains("<figure"))
  }

  @Test("no text adds an element, and nothing is loaded", arguments: HostileTextTests.attacks)
  func hostileTexts(_ attack: String) {
    let page = report(saying: attack).html()
    let count = { (page: String) in page.split(separator: "<").count }
    #expect(count(page) == count(report().html()))
    #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("<iframe"))
  }

  @Test("an empty profile is a page, and a profile survives JSON")
  func roundTrip() throws {
    #expect(ProfileReport(title: "Nothing").html().hasSuffix("</html>\n"))
    let data = try JSONEncoder().encode(report())
    #expect(try JSONDecoder().decode(ProfileReport.self, from: data) == report())
  }
}
