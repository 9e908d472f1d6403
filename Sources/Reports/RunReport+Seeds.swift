/// What a run found along one candidate direction.
public struct SeedUse: Codable, Equatable, Sendable {
  /// The candidate k.
  public var candidate: Int

  /// How many steps went along it.
  public var steps: Int

  /// The mean magnitude of those steps, the leading zero included: FedKSeed-Pro's significance, times the
  /// learning rate.
  ///
  /// Source: FedKSeed (arXiv:2312.06353), section 4.3; its reference code starts each mean with a 0.
  public var significance: Double

  /// Makes a record of a candidate from the magnitudes of the steps along it.
  public init(candidate: Int, steps: Int, sumOfMagnitudes: Double) {
    self.candidate = candidate
    self.steps = steps
    significance = sumOfMagnitudes / Double(steps + 1)
  }
}

extension RunReport {
  /// The candidates by falling significance: a flat curve says that none mattered more than others.
  var seedPlot: Plot {
    let ranked = seeds.sorted { ($1.significance, $0.candidate) < ($0.significance, $1.candidate) }
    let used = ranked.filter { $0.steps > 0 }
    let curve = Curve(
      "mean size of a step", used.enumerated().map { (period: $0 + 1, value: $1.significance) })
    return Plot(
      title: "Seed significance",
      note:
        "The \(used.count) candidates that were drawn, of \(seeds.count), by the mean size of the "
        + "steps along them.",
      period: "rank", quantity: .amount, curves: curve.points.isEmpty ? [] : [curve])
  }

  /// The candidates to name.
  private static let seedLimit = 8

  /// The most significant candidates, as a table.
  func seedTable() -> Markup {
    let ranked = seeds.sorted { ($1.significance, $0.candidate) < ($0.significance, $1.candidate) }
    return element("div", ["class": "scroll tall card"]) {
      element("table") {
        element("thead") {
          element("tr") {
            for name in ["candidate", "steps", "mean size of a step"] { element("th") { name } }
          }
        }
        element("tbody") {
          for seed in ranked.prefix(Self.seedLimit) {
            element("tr") {
              element("th") { "\(seed.candidate)" }
              element("td") { "\(seed.steps)" }
              element("td") { Quantity.amount.text(seed.significance) }
            }
          }
        }
      }
    }
  }
}
