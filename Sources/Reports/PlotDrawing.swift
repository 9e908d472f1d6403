/// Draws a plot as SVG.
///
/// Colours, line widths and fonts are those of the stylesheet.
struct PlotDrawing {
  private let plot: Plot
  private let width: Double
  private let height: Double
  private let horizontal: Axis
  private let vertical: Axis
  private let unit: (size: Double, symbol: String)

  // Around the area of the curves: room for tick labels, axis names and half a marker.
  private let left = 58.0
  private let right = 14.0
  private let top = 28.0
  private let bottom = 38.0

  /// More points than this are drawn without markers, as a line only.
  private let markerLimit = 600

  /// Lays out a plot that is not empty, in units of about one pixel.
  init(_ plot: Plot, width: Double, height: Double) {
    self.plot = plot
    self.width = width
    self.height = height
    let points = plot.curves.flatMap(\.points)
    horizontal = Axis(counted: points.map(\.period))
    vertical = Axis(measured: points.map(\.value), fromZero: plot.fromZero)
    unit = plot.quantity.unit(upTo: points.map { abs($0.value) }.max() ?? 0)
  }

  /// The picture, described in words for those who do not see it.
  func svg() -> Markup {
    let size = "0 0 \(coordinate(width)) \(coordinate(height))"
    return element("svg", ["viewBox": size, "role": "img", "aria-label": plot.title]) {
      grid()
      axisNames()
      // The most important curve last, above the others.
      for (index, curve) in plot.curves.enumerated().reversed() { draw(curve, index) }
    }
  }

  private func grid() -> Markup {
    element("g", ["class": "axis"]) {
      for tick in vertical.ticks {
        line(from: (left, y(tick)), to: (width - right, y(tick)))
        let label = decimal(tick / unit.size, places: vertical.places(in: unit.size))
        text(label, at: (left - 8, y(tick) + 4), anchor: "end")
      }
      for tick in horizontal.ticks {
        line(from: (x(tick), height - bottom), to: (x(tick), height - bottom + 5))
        text(decimal(tick, places: 0), at: (x(tick), height - bottom + 18), anchor: "middle")
      }
    }
  }

  private func axisNames() -> Markup {
    element("g", ["class": "axis-name"]) {
      text(unit.symbol, at: (left - 8, 14), anchor: "end")
      text(plot.period, at: (width - right, height - 4), anchor: "end")
    }
  }

  private func draw(_ curve: Curve, _ index: Int) -> Markup {
    element("g", ["class": PlotDrawing.style(curve, index)]) {
      element("polyline", ["points": path(of: curve)]) {
        element("title") { curve.name }
      }
      if showsMarkers || curve.points.count == 1 {
        for point in curve.points { marker(point, of: curve) }
      }
    }
  }

  private func marker(_ point: Curve.Point, of curve: Curve) -> Markup {
    let radius = curve.isBackground ? "2" : "3.5"
    let period = "\(plot.period) \(decimal(point.period, places: 0))"
    let value = plot.quantity.text(point.value)
    return element(
      "circle",
      ["cx": coordinate(x(point.period)), "cy": coordinate(y(point.value)), "r": radius]
    ) {
      element("title") { "\(curve.name), \(period): \(value)" }
    }
  }

  private var showsMarkers: Bool {
    plot.curves.reduce(0) { $0 + $1.points.count } <= markerLimit
  }

  private func path(of curve: Curve) -> String {
    curve.points.map { "\(coordinate(x($0.period))),\(coordinate(y($0.value)))" }
      .joined(separator: " ")
  }

  /// The class that gives a curve, and its sign in the legend, colour and dashes.
  static func style(_ curve: Curve, _ index: Int) -> String {
    curve.isBackground ? "curve background" : "curve curve-\(index % Stylesheet.curveCount)"
  }

  private func x(_ period: Double) -> Double {
    left + horizontal.fraction(period) * (width - left - right)
  }

  private func y(_ value: Double) -> Double {
    height - bottom - vertical.fraction(value) * (height - top - bottom)
  }
}

private typealias Place = (x: Double, y: Double)

private func line(from start: Place, to end: Place) -> Markup {
  element(
    "line",
    [
      "x1": coordinate(start.x), "y1": coordinate(start.y),
      "x2": coordinate(end.x), "y2": coordinate(end.y),
    ])
}

private func text(_ text: String, at place: Place, anchor: String) -> Markup {
  element("text", ["x": coordinate(place.x), "y": coordinate(place.y), "text-anchor": anchor]) {
    text
  }
}

private func coordinate(_ value: Double) -> String {
  decimal(value, places: 1)
}
