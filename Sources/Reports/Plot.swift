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

  /// Whether the vertical axis starts at 0, as an amount should and a loss need not.
  var fromZero: Bool { quantity != .loss }

  /// Whether any curve has a point to draw.
  var isEmpty: Bool { curves.allSatisfy { $0.points.isEmpty } }
}

/// A named sequence of points.
struct Curve {
  /// The name shown in the legend and beside each value.
  var name: String

  /// The points that can be drawn, in the order they are joined.
  var points: [Point]

  /// Whether the curve is one of many that stand behind the others in grey.
  var isBackground = false

  /// A value of the curve.
  struct Point: Equatable {
    /// The round or step.
    var period: Double
    /// The value.
    var value: Double
  }

  /// Makes a curve, without the values that are missing or that no axis can show.
  init(_ name: String, _ values: [(period: Int, value: Double?)], isBackground: Bool = false) {
    self.name = name
    self.isBackground = isBackground
    points = values.compactMap { period, value in
      guard let value, Axis.canShow(value) else { return nil }
      return Point(period: Double(period), value: value)
    }
  }
}
