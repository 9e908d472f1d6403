import Foundation
import Testing

@Suite("compare")
struct CompareTests {
  @Test("a comparison has one table of what differs, a colour for each run and all measurements")
  func twoRuns() throws {
    try Tool.inFolder { tool in
      for rate in ["1e-4", "2e-4"] {
        let steps = ["--steps", "4", "--lr", rate, "--out", "\(rate).kseed"]
        #expect(try tool.run(["tune", model] + smallRun + steps).status == 0)
      }
      let outputs = ["--out", "c.html", "--csv", "c.csv"]
      #expect(try tool.run(["compare", "1e-4.kseed", "2e-4.kseed"] + outputs).status == 0)
      let page = String(decoding: try tool.read("c.html"), as: UTF8.self)
      for part in ["Settings that differ", ">lr<", ">0.0002<", "color-0", "color-1", "lowest loss"]
      {
        #expect(page.contains(part), "\(part)")
      }
      #expect(page.split(separator: "settings are the same").count == 2)
      // A head, and of each run the state before the first step and after each of four.
      let lines = String(decoding: try tool.read("c.csv"), as: UTF8.self).split(separator: "\r\n")
      #expect(lines.count == 1 + 2 * 5)
    }
  }
}
