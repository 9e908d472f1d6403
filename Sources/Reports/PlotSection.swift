/// A plot with its heading, its legend and its numbers.
struct PlotSection {
  let plot: Plot

  /// Whether the plot has the full width of the page.
  let isWide: Bool

  /// The most points that are drawn of all curves together, the most rows and the most cells of numbers.
  private let pointLimit = 4000, rowLimit = 60, cellLimit = 600

  /// The section.
  func markup() -> Markup {
    element("figure", ["class": isWide ? "plot card wide" : "plot card"]) {
      element("figcaption") {
        element("h3") { plot.title }
        element("p") { note }
      }
      if plot.curves.count > 1 { legend() }
      PlotDrawing(thinned, scale: plot.scale).svg()
      if !columns.isEmpty, columns.count * rows.count <= cellLimit { numbers() }
    }
  }

  private var note: String {
    switch plot.scale {
    case .linear: plot.note
    case .cut: plot.note + cutNote
    case .logarithmic: plot.note + " The axis is logarithmic."
    }
  }

  private var cutNote: String {
    let peaks = plot.curves.filter { $0.style != .points && $0.style != .background }
      .compactMap { curve -> (name: String, value: Double)? in
        curve.points.map(\.value).max().map { (curve.name, $0) }
      }
    guard let peak = peaks.max(by: { $0.value < $1.value }) else { return "" }
    return " The axis is cut: \(peak.name) goes up to \(decimal(peak.value, places: 0))."
  }

  /// The plot without the points that nobody would see.
  private var thinned: Plot {
    var result = plot
    let limit = max(40, min(600, pointLimit / max(1, plot.curves.count)))
    result.curves = plot.curves.map { $0.thinned(to: limit) }
    return result
  }

  private func legend() -> Markup {
    let background = plot.curves.filter { $0.style == .background }
    return element("ul", ["class": "legend"]) {
      for curve in plot.curves where curve.style != .background {
        entry(curve)
      }
      if let first = background.first { entry(first, "each client (\(background.count))") }
    }
  }

  private func entry(_ curve: Curve, _ name: String? = nil) -> Markup {
    element("li") {
      CurveSign(curve).markup()
      element("span") { name ?? curve.name }
    }
  }

  private func numbers() -> Markup {
    element("details") {
      element("summary") { "Numbers" }
      element("div", ["class": "scroll"]) {
        element("table") {
          element("thead") {
            element("tr") {
              element("th") { plot.period }
              for curve in columns { element("th") { curve.name } }
            }
          }
          element("tbody") { rowsOfNumbers() }
        }
      }
    }
  }

  @MarkupBuilder private func rowsOfNumbers() -> Markup {
    let values = columns.map { curve in
      Dictionary(
        curve.points.map { ($0.period, plot.quantity.text($0.value)) },
        uniquingKeysWith: { _, last in last })
    }
    for period in rows {
      element("tr") {
        element("th") { decimal(period, places: 0) }
        for column in values { element("td") { column[period] ?? "" } }
      }
    }
  }

  /// The curves whose numbers can be of use.
  private var columns: [Curve] { plot.curves.filter { $0.style != .points } }

  /// The periods of the rows; of many, those that were measured on purpose and some of the others.
  private var rows: [Double] {
    let all = Set(columns.flatMap { $0.points.map(\.period) }).sorted()
    guard all.count > rowLimit else { return all }
    let measured = columns.filter { $0.style == .measured }.flatMap { $0.points.map(\.period) }
    let stride = (all.count + rowLimit - 1) / rowLimit
    let some = all.indices.filter { $0 % stride == 0 || $0 == all.count - 1 }.map { all[$0] }
    return Set(some).union(measured).sorted()
  }
}

/// The sign of a curve, as it stands in legends and at the heads of columns.
struct CurveSign {
  private let style: String
  private let isPoints: Bool

  /// Makes the sign of a curve.
  init(_ curve: Curve) {
    style = PlotDrawing.style(curve)
    isPoints = curve.style == .points
  }

  /// Makes the sign of what has a colour of its own.
  init(color: Int) {
    style = "curve \(PlotDrawing.colors(color))"
    isPoints = false
  }

  /// A short piece of the line.
  func markup() -> Markup {
    element("svg", ["viewBox": "0 0 28 10", "aria-hidden": "true", "class": "sign \(style)"]) {
      if isPoints {
        element("path", ["d": "M5 6h0M14 3h0M23 7h0"])
      } else {
        element("polyline", ["points": "1,5 27,5"])
      }
    }
  }
}
