/// A plot with its heading, its legend and its numbers.
struct PlotSection {
  let plot: Plot

  /// Whether the plot has the full width of the page.
  let isWide: Bool

  /// More numbers than this are left to the picture.
  private let tableLimit = 500

  /// The section.
  func markup() -> Markup {
    element("figure", ["class": isWide ? "plot wide" : "plot"]) {
      element("figcaption") {
        element("h3") { plot.title }
        element("p") { plot.note }
      }
      if plot.curves.count > 1 { legend() }
      element("div", ["class": "scroll"]) {
        PlotDrawing(plot, width: isWide ? 1000 : 490, height: isWide ? 320 : 270).svg()
      }
      if plot.curves.count * periods.count <= tableLimit { numbers() }
    }
  }

  private func legend() -> Markup {
    let background = plot.curves.filter(\.isBackground)
    return element("ul", ["class": "legend"]) {
      for (index, curve) in plot.curves.enumerated() where !curve.isBackground {
        entry(curve.name, style: PlotDrawing.style(curve, index))
      }
      if let first = background.first {
        entry("each client (\(background.count))", style: PlotDrawing.style(first, 0))
      }
    }
  }

  private func entry(_ name: String, style: String) -> Markup {
    element("li") {
      element("svg", ["viewBox": "0 0 28 10", "aria-hidden": "true", "class": style]) {
        element("polyline", ["points": "1,5 27,5"])
      }
      name
    }
  }

  private func numbers() -> Markup {
    let values = plot.curves.map { curve in
      Dictionary(
        curve.points.map { ($0.period, plot.quantity.text($0.value)) },
        uniquingKeysWith: { _, last in last })
    }
    return element("details") {
      element("summary") { "Numbers" }
      element("div", ["class": "scroll"]) {
        element("table") {
          element("thead") {
            element("tr") {
              element("th") { plot.period }
              for curve in plot.curves { element("th") { curve.name } }
            }
          }
          element("tbody") {
            for period in periods {
              element("tr") {
                element("th") { decimal(period, places: 0) }
                for column in values { element("td") { column[period] ?? "" } }
              }
            }
          }
        }
      }
    }
  }

  private var periods: [Double] {
    Set(plot.curves.flatMap { $0.points.map(\.period) }).sorted()
  }
}
