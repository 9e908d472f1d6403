extension RunComparison {
  /// The curves of all runs, those without data left out.
  var plots: [Plot] {
    let period = Set(runs.map(\.report.period)).sorted().joined(separator: " or ")
    return
      ([
        plot("Held-out loss", "Lower is better.", period, .loss) { $0.heldOutLoss },
        trainingPlot(period), timePlot,
      ] + metricPlots(period)).filter { !$0.isEmpty }
  }

  private func plot(
    _ title: String, _ note: String, _ period: String, _ quantity: Quantity,
    _ value: (Measurement) -> Double?
  ) -> Plot {
    Plot(
      title: title, note: note, period: period, quantity: quantity,
      curves: curves { run, color in
        Curve(
          run.name, run.report.measurements.map { ($0.period, value($0)) }, style: .measured,
          color: color)
      })
  }

  /// A curve of each run that has points, in the colour of the run.
  private func curves(_ curve: (Run, Int) -> Curve) -> [Curve] {
    zip(runs, runs.indices).map(curve).filter { !$0.points.isEmpty }
  }

  private func trainingPlot(_ period: String) -> Plot {
    Plot(
      title: "Training loss",
      note: "The batches before their own updates; of many, a moving mean of a twentieth of them.",
      period: period, quantity: .loss,
      curves: curves { $0.report.trainingMeans(name: $0.name, color: $1) })
  }

  private func metricPlots(_ period: String) -> [Plot] {
    let names = Set(runs.flatMap { $0.report.measurements.flatMap(\.metrics.keys) }).sorted()
    return names.map { name in
      plot(name.capitalizedFirst, "Held-out examples.", period, Quantity(metric: name)) {
        $0.metrics[name]
      }
    }
  }

  /// The held-out loss over the wall clock, for runs that measured both.
  private var timePlot: Plot {
    Plot(
      title: "Held-out loss over time", note: "Wall clock, evaluation included.",
      period: "seconds", quantity: .loss, curves: curves(timeCurve))
  }

  private func timeCurve(_ run: Run, color: Int) -> Curve {
    var elapsed = 0.0
    var points: [Curve.Point] = []
    for measurement in run.report.measurements {
      elapsed += measurement.seconds ?? 0
      guard measurement.period == 0 || measurement.seconds != nil, Axis.canShow(elapsed),
        let loss = measurement.heldOutLoss, Axis.canShow(loss)
      else { continue }
      points.append(Curve.Point(period: elapsed, value: loss))
    }
    var curve = Curve(run.name, [], style: .measured, color: color)
    if points.count > 1 { curve.points = points }
    return curve
  }
}
