/// Curves over rounds or steps, sharing one pair of axes.
struct Plot {
  /// The heading.
  var title: String

  /// What to look for, in a line.
  var note: String

  /// The name of the horizontal axis.
  var period: String

  /// What the vertical axis measures.
  var quantity: Quantity

  /// The curves, the most important first.
  var curves: [Curve]

  /// Periods at which something happened, with its name.
  var events: [(period: Int, name: String)] = []

  /// Whether the vertical axis starts at 0, as an amount should and a loss need not.
  var fromZero: Bool { quantity != .loss }

  /// Whether any curve has a point to draw.
  var isEmpty: Bool { curves.allSatisfy { $0.points.isEmpty } }

  /// How a loss that grew without bound is kept from pressing all others into a line.
  enum Scale: Equatable {
    /// Everything fits.
    case linear
    /// Nothing is drawn above the value.
    case cut(Double)
    /// Equal ratios have equal lengths.
    case logarithmic
  }

  /// The scale of the vertical axis.
  ///
  /// It is cut at twice what the curves begin with, if what lies below fills less than a quarter of the
  /// whole; where that is less than half of all points, it is logarithmic.
  var scale: Scale {
    guard quantity == .loss, let start = curves.compactMap(\.points.first?.value).max(), start > 0
    else { return .linear }
    let values = curves.flatMap { $0.points.map(\.value) }
    let kept = values.filter { $0 <= 2 * start }
    guard let lowest = kept.min(), let highest = kept.max(), let peak = values.max(),
      highest - lowest < (peak - lowest) / 4
    else { return .linear }
    return 2 * kept.count >= values.count || lowest <= 0 ? .cut(highest) : .logarithmic
  }
}

/// A named sequence of points.
struct Curve {
  /// How the points are drawn.
  enum Style: Equatable {
    /// A line, with markers where there are few points.
    case line
    /// A line with a marker at each point, however many.
    case measured
    /// Faint points without a line.
    case points
    /// A thin grey line, one of many that stand behind the others.
    case background
  }

  /// The name shown in the legend and beside each value.
  var name: String

  /// The points that can be drawn, in the order they are joined.
  var points: [Point]

  /// How they are drawn.
  var style: Style

  /// The number of the colour, and of the dashes of a line; what stands for the same run has the same.
  var color: Int

  /// Whether the line has no dashes, since nobody can take it for another.
  var isSolid = false

  /// A value of the curve.
  struct Point: Equatable {
    /// The round or step.
    var period: Double
    /// The value.
    var value: Double
  }

  /// Makes a curve, without the values that are missing or that no axis can show.
  init(
    _ name: String, _ values: [(period: Int, value: Double?)], style: Style = .line, color: Int = 0
  ) {
    (self.name, self.style, self.color) = (name, style, color)
    points = values.compactMap { period, value in
      guard let value, Axis.canShow(value) else { return nil }
      return Point(period: Double(period), value: value)
    }
  }

  /// Returns the curve with at most about `limit` of its points, evenly chosen, both ends among them.
  func thinned(to limit: Int) -> Curve {
    let stride = (points.count + limit - 1) / max(1, limit)
    guard stride > 1 else { return self }
    var curve = self
    curve.points = points.indices.filter { $0 % stride == 0 || $0 == points.count - 1 }
      .map { points[$0] }
    return curve
  }
}
