internal import Foundation

/// Makes an HTML page that needs nothing else: no script, no font, no network.
///
/// - Parameter isChanging: Whether the file will be written again, so that a browser should read it again.
func page(
  title: String, isChanging: Bool = false, @MarkupBuilder _ content: () -> Markup
) -> String {
  let page = element("html", ["lang": "en"]) {
    element("head") {
      // Even if a text found a way out of its element, the page could load and run nothing.
      Markup.verbatim(
        """
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" \
        content="default-src 'none'; style-src 'unsafe-inline'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        """)
      if isChanging { Markup.verbatim("<meta http-equiv=\"refresh\" content=\"30\">") }
      element("title") { title }
      element("style") { Stylesheet.text }
    }
    element("body") { element("main") { content() } }
  }
  return "<!DOCTYPE html>\n" + page.source + "\n"
}

/// Makes a section with its heading.
func section(_ name: String, @MarkupBuilder _ content: () -> Markup) -> Markup {
  element("section") {
    element("h2") { name }
    content()
  }
}

/// Makes the head of a page: its heading, the result in a sentence, and what was done.
@MarkupBuilder func pageHead(
  title: String, summary: String, warnings: [String], overview: [Fact],
  @MarkupBuilder status: () -> Markup = { Markup() }
) -> Markup {
  element("header") {
    element("h1") { title }
    if !summary.isEmpty { element("p", ["class": "summary"]) { summary } }
  }
  status()
  if !warnings.isEmpty {
    element("ul", ["class": "warnings", "aria-label": "Warnings"]) {
      for warning in warnings { element("li") { warning } }
    }
  }
  if !overview.isEmpty {
    element("dl", ["class": "overview card"]) {
      for fact in overview {
        element("div") {
          element("dt") { fact.name }
          element("dd") { fact.value }
        }
      }
    }
  }
}

/// Makes a card for each figure, in one row or in two of nearly the same length.
@MarkupBuilder func figureCards(_ figures: [Figure]) -> Markup {
  if !figures.isEmpty {
    let columns = figures.count < 6 ? figures.count : min(5, (figures.count + 1) / 2)
    element("dl", ["class": "figures", "style": "--columns: \(columns)"]) {
      for figure in figures {
        element("div", ["class": "card"]) {
          element("dt") { figure.label }
          element("dd", ["class": "value"]) { figure.value }
          if !figure.note.isEmpty { element("dd", ["class": "note"]) { figure.note } }
        }
      }
    }
  }
}

/// Makes a card with a table of facts; those that are as usual are folded.
@MarkupBuilder func factCard(_ name: String, _ facts: [Fact], folded: String = "") -> Markup {
  if !facts.isEmpty {
    element("div", ["class": "card facts"]) {
      element("h3") { name }
      factTable(facts.filter { !$0.isUsual })
      let usual = facts.filter(\.isUsual)
      if !usual.isEmpty {
        element("details") {
          element("summary") { "\(usual.count) \(folded)" }
          factTable(usual)
        }
      }
    }
  }
}

private func factTable(_ facts: [Fact]) -> Markup {
  element("table") {
    element("tbody") {
      for fact in facts {
        element("tr") {
          element("th") { fact.name }
          element("td") { fact.value }
        }
      }
    }
  }
}

/// Makes a card with a command to be copied.
@MarkupBuilder func commandCard(_ command: String) -> Markup {
  if !command.isEmpty { element("pre", ["class": "card"]) { element("code") { command } } }
}

/// Writes a moment to the minute, in universal time.
func timestamp(_ date: Date) -> String {
  let style = Date.VerbatimFormatStyle(
    format: """
      \(year: .padded(4))-\(month: .twoDigits)-\(day: .twoDigits) \
      \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\(minute: .twoDigits)
      """, timeZone: .gmt, calendar: Calendar(identifier: .gregorian))
  return date.formatted(style) + " UTC"
}

/// Makes a grid of two plots in a row.
///
/// - Parameter firstIsWide: Whether the first plot, being the one to look at, has a row of its own.
func plotGrid(_ plots: [Plot], firstIsWide: Bool = true) -> Markup {
  element("div", ["class": "plots"]) {
    for (index, plot) in plots.enumerated() {
      // A last one without a neighbour fills its row.
      let isAlone = index == plots.count - 1 && plots.count.isMultiple(of: 2) == firstIsWide
      PlotSection(plot: plot, isWide: index == 0 && firstIsWide || isAlone).markup()
    }
  }
}
