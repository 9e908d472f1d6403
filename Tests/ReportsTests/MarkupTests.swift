import Foundation
import Reports
import Testing

@Suite("A report shows texts and lets none of them act")
struct HostileTextTests {
  static let attacks = [
    "<script>alert(1)</script>", "</title><script>alert(1)</script>", "</style><img src=x>",
    "\" onload=\"alert(1)", "' onclick='alert(1)", "<!-- ", "]]>", "&lt;script&gt;",
    "</svg><iframe src=//example.com>", "\u{0}<\u{0}b>", "\u{202E}<i>",
  ]

  /// A report that says `text` wherever a report can say anything.
  static func report(saying text: String) -> RunReport {
    var report = RunReport(title: text)
    report.summary = text
    report.commandLine = text
    report.period = text
    report.figures = [Figure(text, text, note: text)]
    report.settings = [Fact(text, text)]
    report.samples = [Sample(instruction: text, expected: text, before: text, after: text + "!")]
    var client = Client(name: text)
    client.categories = [text: 3]
    client.examples = 3
    report.clients = [client]
    var measurement = Measurement(period: 1)
    measurement.trainingLoss = 1
    measurement.clientLosses = [ClientLoss(client: text, loss: 2)]
    report.measurements = [measurement]
    return report
  }

  @Test("no text adds an element or an attribute to the page", arguments: attacks)
  func textStaysText(_ attack: String) {
    let harmless = structure(of: Self.report(saying: "text").html())
    #expect(structure(of: Self.report(saying: attack).html()) == harmless)
  }

  @Test("a text is shown as it is")
  func textIsShown() {
    let page = Self.report(saying: "a < b && c > \"d\" 'e'").html()
    #expect(page.contains("a &lt; b &amp;&amp; c &gt; &quot;d&quot; &#39;e&#39;"))
  }

  @Test("control characters become replacement characters, line breaks stay")
  func controlCharacters() {
    let page = Self.report(saying: "one\u{0}\u{1B}[2J\ntwo").html()
    #expect(page.contains("one\u{FFFD}\u{FFFD}[2J\ntwo"))
  }

  /// What an HTML parser takes for tags: all between `<` and `>`, with attribute values left out.
  private func structure(of page: String) -> [String] {
    var tags: [String] = []
    var tag: String?
    var isQuoted = false
    for character in page {
      switch (character, tag) {
      case ("\"", .some): isQuoted.toggle()
      case ("<", nil): tag = ""
      case (">", .some(let text)) where !isQuoted: (tag, _) = (nil, tags.append(text))
      case (_, .some(let text)) where !isQuoted: tag = text + String(character)
      default: break
      }
    }
    return tags
  }
}

@Suite("A report is one file")
struct SelfContainedTests {
  @Test(
    "nothing in the page can load or run",
    arguments: ["<script", "<link", "<img", "<iframe", "@import", "url(", "http://", "https://"])
  func loadsNothing(_ part: String) {
    #expect(!HostileTextTests.report(saying: "text").html().contains(part))
  }

  @Test("an empty report is a page")
  func emptyReport() {
    let page = RunReport(title: "Nothing").html()
    #expect(page.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    #expect(page.hasSuffix("</html>\n"))
    #expect(!page.contains("<svg"))
  }

  @Test("a report survives JSON")
  func roundTrip() throws {
    let report = HostileTextTests.report(saying: "text")
    let data = try JSONEncoder().encode(report)
    #expect(try JSONDecoder().decode(RunReport.self, from: data) == report)
  }

  @Test("the same report gives the same page")
  func isDeterministic() {
    var report = RunReport(title: "T")
    var client = Client(name: "0")
    for category in 0..<40 { client.categories["category \(category)"] = category % 3 }
    report.clients = [client]
    let pages = Set((0..<8).map { _ in report.html() })
    #expect(pages.count == 1)
  }
}
