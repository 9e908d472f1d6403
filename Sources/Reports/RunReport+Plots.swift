extension RunReport {
  /// The curves of the run, those without data left out.
  var plots: [Plot] {
    ([lossPlot] + metricPlots
      + [trafficPlot, .memory(measurements, period), .time(measurements, period), seedPlot])
      .filter { !$0.isEmpty }
  }

  /// Training and held-out loss: what is learned, and whether it is worth it.
  private var lossPlot: Plot {
    var plot = plot("Loss", lossNote, .loss, [heldOutCurve] + trainingCurves + clientCurves)
    plot.events = divergedAt.map { [($0, "diverged at \(period) \($0)")] } ?? []
    return plot
  }

  private var heldOutCurve: Curve {
    var curve = curve("held-out loss") { $0.heldOutLoss }
    curve.style = .measured
    return curve
  }

  private var lossNote: String {
    let held = "The held-out examples are never trained on: lower is better." + partNote
    guard smoothing.span > 1 else { return held }
    let shown = trainingPointCount > Self.pointLimit ? ", some of them shown as points" : ""
    return held + " Training loss: a moving mean of about \(smoothing.span) \(period)s\(shown)."
  }

  private var partNote: String {
    measurements.lazy.compactMap(\.heldOutExamples).first.map {
      " On the way \($0) of them were measured."
    } ?? ""
  }

  /// Each batch as a point and, where there are enough of them, their moving mean.
  private var trainingCurves: [Curve] {
    var means = trainingMeans(color: 1)
    means.isSolid = smoothing.span > 1
    guard means.isSolid else { return [means] }
    var points = curve("training loss of a \(period)") { $0.trainingLoss }
    (points.style, points.color) = (.points, 1)
    return [means, points.thinned(to: Self.pointLimit)]
  }

  /// The smoothed training loss.
  func trainingMeans(name: String = "training loss", color: Int) -> Curve {
    let measured = measurements.compactMap { point in
      point.trainingLoss.map { (period: point.period, loss: $0) }
    }
    let means = smoothing.means(of: measured.map(\.loss))
    return Curve(
      name, zip(measured, means).map { (period: $0.period, value: $1) }, color: color)
  }

  private var smoothing: Smoothing { Smoothing(count: trainingPointCount) }

  private var trainingPointCount: Int { measurements.count { $0.trainingLoss != nil } }

  /// More points than this are not seen, and make pages large.
  private static let pointLimit = 500

  private var metricPlots: [Plot] {
    Set(measurements.flatMap(\.metrics.keys)).sorted().map { name in
      var curve = curve(name) { $0.metrics[name] }
      curve.style = .measured
      return plot(name.capitalizedFirst, "Held-out examples.", Quantity(metric: name), [curve])
    }
  }

  private var trafficPlot: Plot {
    plot(
      "Bytes sent", "The encoded messages of all clients in each \(period).", .bytes,
      [
        curve("up", color: 0) { $0.bytesUp.map(Double.init) },
        curve("down", color: 1) { $0.bytesDown.map(Double.init) },
      ])
  }

  /// The most clients that have a curve of their own.
  private static let clientLimit = 100

  private var clientCurves: [Curve] {
    var losses: [String: [(period: Int, value: Double?)]] = [:]
    for measurement in measurements {
      for client in measurement.clientLosses {
        losses[client.client, default: []].append((measurement.period, client.loss))
      }
    }
    let ranks = Dictionary(
      clients.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let ordered = losses.keys.sorted { (ranks[$0] ?? .max, $0) < (ranks[$1] ?? .max, $1) }
    return ordered.prefix(Self.clientLimit).map { name in
      Curve("client \(name)", losses[name] ?? [], style: .background)
    }
  }

  private func curve(
    _ name: String, color: Int = 0, _ value: (Measurement) -> Double?
  ) -> Curve {
    Curve(name, measurements.map { ($0.period, value($0)) }, color: color)
  }

  private func plot(
    _ title: String, _ note: String, _ quantity: Quantity, _ curves: [Curve]
  ) -> Plot {
    let drawn = curves.filter { !$0.points.isEmpty }
    return Plot(title: title, note: note, period: period, quantity: quantity, curves: drawn)
  }
}

extension Plot {
  /// The peaks of memory in the course of a run or a profile.
  static func memory(_ measurements: [Measurement], _ period: String) -> Plot {
    let curves = [
      Curve("private", measurements.map { ($0.period, $0.privateBytes.map(Double.init)) }),
      Curve(
        "mapped file", measurements.map { ($0.period, $0.mappedBytes.map(Double.init)) }, color: 1),
    ]
    return Plot(
      title: "Peak memory",
      note: "Mapped pages can be dropped and read again; private ones cannot.", period: period,
      quantity: .bytes, curves: curves.filter { !$0.points.isEmpty })
  }

  /// The time of each round or step.
  static func time(_ measurements: [Measurement], _ period: String) -> Plot {
    let curve = Curve("time", measurements.map { ($0.period, $0.seconds) })
    return Plot(
      title: "Time", note: "Wall clock of each \(period).", period: period, quantity: .seconds,
      curves: curve.points.isEmpty ? [] : [curve])
  }
}
