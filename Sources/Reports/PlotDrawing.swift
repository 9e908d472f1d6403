/// Draws a plot as SVG that is as wide as the page lets it be.
///
/// Places are percentages of the area of the curves, so that texts, markers and lines keep their size
/// whatever the width. What cannot be given in percentages, the lines, stands in a picture within that is
/// stretched. Colours, line widths and fonts are those of the stylesheet.
struct PlotDrawing {
  private let plot: Plot
  private let limit: Double?
  private let horizontal: Axis
  private let vertical: Axis
  private let unit: (size: Double, symbol: String)

  /// Lays out a plot that is not empty.
  ///
  /// - Parameter scale: ``Plot/scale`` of all its points.
  init(_ plot: Plot, scale: Plot.Scale) {
    self.plot = plot
    if case .cut(let value) = scale { limit = value } else { limit = nil }
    let points = plot.curves.flatMap(\.points)
    let highest = limit ?? .infinity
    let values = points.map(\.value).filter { $0 <= highest }
    horizontal = Axis(counted: points.map(\.period))
    vertical =
      scale == .logarithmic
      ? Axis(logarithmic: values) : Axis(measured: values, fromZero: plot.fromZero)
    unit = plot.quantity.unit(upTo: values.map(abs).max() ?? 0)
  }

  /// The picture, described in words for those who do not see it.
  func svg() -> Markup {
    element("svg", ["class": "chart", "role": "img", "aria-label": plot.title]) {
      grid()
      axisNames()
      for event in plot.events { draw(event) }
      // The most important curve last, above the others.
      lines()
      for curve in plot.curves.reversed() { markers(of: curve) }
    }
  }

  private func grid() -> Markup {
    element("g", ["class": "axis"]) {
      for tick in vertical.ticks {
        element(
          "line", ["x1": "0", "x2": "100%", "y1": percent(y(tick)), "y2": percent(y(tick))])
        let label = decimal(tick / unit.size, places: vertical.places(of: tick, in: unit.size))
        text(label, at: ("-8", percent(y(tick))), shift: "4", anchor: "end")
      }
      // Below the area: a picture within, so that its lines have a length in pixels.
      element("svg", ["y": "100%", "class": "below"]) {
        for (index, tick) in horizontal.ticks.enumerated() {
          element("g", index.isMultiple(of: 2) ? [:] : ["class": "minor"]) {
            element(
              "line", ["x1": percent(x(tick)), "x2": percent(x(tick)), "y1": "0", "y2": "5"])
            text(decimal(tick, places: 0), at: (percent(x(tick)), "18"), anchor: "middle")
          }
        }
      }
    }
  }

  private func axisNames() -> Markup {
    element("g", ["class": "axis-name"]) {
      text(unit.symbol, at: ("-8", "-13"), anchor: "end")
      text(plot.period, at: ("100%", "100%"), shift: "34", anchor: "end")
    }
  }

  private func draw(_ event: (period: Int, name: String)) -> Markup {
    let place = x(Double(event.period))
    // The name stands where there is room for it.
    let isLeft = place > 0.5
    return element("g", ["class": "event"]) {
      element("line", ["x1": percent(place), "x2": percent(place), "y1": "0", "y2": "100%"])
      element(
        "text",
        [
          "x": percent(place), "y": "0", "dx": isLeft ? "-6" : "6", "dy": "14",
          "text-anchor": isLeft ? "end" : "start",
        ]
      ) { event.name }
    }
  }

  private func lines() -> Markup {
    element(
      "svg",
      [
        "class": limit == nil ? "area" : "area clipped", "viewBox": "0 0 1000 1000",
        "preserveAspectRatio": "none",
      ]
    ) {
      for curve in plot.curves.reversed() {
        element("g", ["class": PlotDrawing.style(curve)]) {
          if curve.style == .points {
            element("path", ["d": dots(of: curve)])
          } else {
            element("polyline", ["points": path(of: curve)]) { element("title") { curve.name } }
          }
        }
      }
    }
  }

  @MarkupBuilder private func markers(of curve: Curve) -> Markup {
    let shown = hasMarkers(curve) ? curve.points.filter { !isAbove($0) } : []
    let above = curve.style == .points ? nil : curve.points.firstIndex(where: isAbove)
    if !shown.isEmpty || above != nil {
      element("g", ["class": PlotDrawing.style(curve)]) {
        for point in shown { marker(point, of: curve) }
        if let above { arrow(to: above, of: curve) }
      }
    }
  }

  private func marker(_ point: Curve.Point, of curve: Curve) -> Markup {
    element(
      "circle",
      [
        "cx": percent(x(point.period)), "cy": percent(y(point.value)),
        "r": curve.style == .background ? "2" : "3.5",
      ]
    ) {
      element("title") { description(of: point, of: curve) }
    }
  }

  /// The sign of a curve that leaves the plot by its upper edge, on its way to the point at `index`.
  private func arrow(to index: Int, of curve: Curve) -> Markup {
    let end = curve.points[index]
    let start = index == 0 ? end : curve.points[index - 1]
    let share = (vertical.range.upperBound - start.value) / (end.value - start.value)
    let crossing = start.period + (share.isFinite ? share : 0) * (end.period - start.period)
    return element("text", ["class": "leaves", "x": percent(x(crossing)), "y": "-3"]) {
      element("title") { description(of: end, of: curve) }
      "\u{2191}"
    }
  }

  private func description(of point: Curve.Point, of curve: Curve) -> String {
    "\(curve.name), \(plot.period) \(decimal(point.period, places: 0)): "
      + plot.quantity.text(point.value)
  }

  private func isAbove(_ point: Curve.Point) -> Bool { point.value > limit ?? .infinity }

  private func hasMarkers(_ curve: Curve) -> Bool {
    switch curve.style {
    case .measured: true
    case .points: false
    case .line, .background: curve.points.count == 1 || isSparse && !curve.isSolid
    }
  }

  /// Whether there is room for a marker at each point.
  private var isSparse: Bool {
    let limit = 300
    return plot.curves.filter { $0.style != .points }.reduce(0) { $0 + $1.points.count } <= limit
  }

  private func path(of curve: Curve) -> String {
    curve.points.map { "\(thousandths(x($0.period))),\(thousandths(y($0.value)))" }
      .joined(separator: " ")
  }

  /// Lines of no length, whose round ends are the points.
  private func dots(of curve: Curve) -> String {
    curve.points.filter { !isAbove($0) }
      .map { "M\(thousandths(x($0.period))) \(thousandths(y($0.value)))h0" }.joined()
  }

  /// The class that gives a curve, and its sign in the legend, colour and dashes.
  static func style(_ curve: Curve) -> String {
    switch curve.style {
    case .background: return "curve background"
    case .points: return "curve points \(colors(curve.color))"
    case .line, .measured:
      return "curve " + (curve.isSolid ? "solid " : "") + colors(curve.color)
    }
  }

  /// The classes of a colour and, as not everyone sees colours, of dashes.
  static func colors(_ number: Int) -> String {
    let count = Stylesheet.colorCount
    return "color-\(number % count) dash-\((number + number / count) % Stylesheet.dashCount)"
  }

  private func x(_ period: Double) -> Double { horizontal.fraction(period) }

  private func y(_ value: Double) -> Double { 1 - vertical.fraction(min(value, 1e3 * top)) }

  /// A coordinate far outside says no more than one a little outside.
  private var top: Double { max(abs(vertical.range.upperBound), abs(vertical.range.lowerBound)) }
}

private func text(
  _ text: String, at place: (x: String, y: String), shift: String = "0", anchor: String
) -> Markup {
  element(
    "text", ["x": place.x, "y": place.y, "dy": shift, "text-anchor": anchor]
  ) { text }
}

private func percent(_ fraction: Double) -> String { decimal(100 * fraction, places: 2) + "%" }

private func thousandths(_ fraction: Double) -> String { decimal(1000 * fraction, places: 1) }
