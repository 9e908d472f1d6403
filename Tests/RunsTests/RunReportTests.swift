import Foundation
import Reports
import Runs
import Testing

@Suite("What a run reports")
struct RunReportTests {
  private static func page(_ folder: TemporaryFolder) throws -> String {
    String(decoding: try folder.read("run.report.html"), as: UTF8.self)
  }

  private static func recorded(_ folder: TemporaryFolder) throws -> RunReport {
    try RunReport(recordedAt: folder.path + "/run.kseed")
  }

  private static func heldOutPeriods(_ report: RunReport) -> [Int] {
    report.measurements.filter { $0.heldOutLoss != nil }.map(\.period)
  }

  @Test("an unfinished run has a page that says so, and a record with all that was measured")
  func unfinished() throws {
    let folder = try TemporaryFolder()
    try Local.kill(9, in: folder, at: 6)
    let page = try Self.page(folder)
    #expect(page.contains("http-equiv=\"refresh\"") && page.contains(" of 9</strong>"))
    #expect(!page.contains(">After<"))
    let report = try Self.recorded(folder)
    let done = try #require(report.measurements.last?.period)
    #expect(done > 1 && report.measurements.dropFirst().allSatisfy { $0.trainingLoss != nil })
    #expect(Self.heldOutPeriods(report) == Array(stride(from: 0, through: done, by: 2)))
    #expect(report.samples.isEmpty && report.warnings.isEmpty)
    #expect(report.figures.contains(Figure("loss after", "not finished")))
  }

  @Test("a finished run has a page and a record of what was done and what came out")
  func finished() throws {
    let folder = try TemporaryFolder()
    let result = try Local.run(5, in: folder, mode: .refuse)
    let page = try Self.page(folder)
    for part in ["learning rate", "held out<", "report written", "perplexity", ">After<"] {
      #expect(page.contains(part), "\(part)")
    }
    #expect(!page.contains("http-equiv=\"refresh\"") && !page.contains("significan"))
    let report = try Self.recorded(folder)
    #expect(Self.heldOutPeriods(report) == [0, 2, 4, 5])
    #expect(report.measurements.last?.heldOutLoss == result.lossAfter)
    #expect(report.samples.count == result.samples.count)
    #expect(report.figures.contains { $0.label == "right answers" })
    #expect(report.lowest?.heldOutLoss == result.best.heldOutLoss)
  }
}
