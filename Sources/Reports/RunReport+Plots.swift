extension RunReport {
  /// The curves of the run, those without data left out.
  var plots: [Plot] {
    ([heldOutPlot, trainingPlot] + metricPlots + [trafficPlot, memoryPlot, timePlot, seedPlot])
      .filter { !$0.isEmpty }
  }

  private var heldOutPlot: Plot {
    plot(
      "Held-out loss", "Examples that no client trains on. Lower is better.", .loss,
      [curve("held-out loss") { $0.heldOutLoss }])
  }

  private var trainingPlot: Plot {
    plot(
      "Training loss", "The batches of each \(period), before their own updates.", .loss,
      [curve("mean") { $0.trainingLoss }] + clientCurves)
  }

  private var metricPlots: [Plot] {
    Set(measurements.flatMap(\.metrics.keys)).sorted().map { name in
      plot(name, "Held-out examples.", .amount, [curve(name) { $0.metrics[name] }])
    }
  }

  private var trafficPlot: Plot {
    plot(
      "Bytes sent", "The encoded messages of all clients in each \(period).", .bytes,
      [
        curve("up") { $0.bytesUp.map(Double.init) },
        curve("down") { $0.bytesDown.map(Double.init) },
      ])
  }

  private var memoryPlot: Plot {
    plot(
      "Peak memory", "Mapped pages can be dropped and read again; private ones cannot.", .bytes,
      [
        curve("private") { $0.privateBytes.map(Double.init) },
        curve("mapped file") { $0.mappedBytes.map(Double.init) },
      ])
  }

  private var timePlot: Plot {
    plot("Time", "Wall clock of each \(period).", .seconds, [curve("time") { $0.seconds }])
  }

  private var clientCurves: [Curve] {
    let names = Set(measurements.flatMap { $0.clientLosses.map(\.client) })
    let ranks = Dictionary(
      clients.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    let ordered = names.sorted { (ranks[$0] ?? .max, $0) < (ranks[$1] ?? .max, $1) }
    return ordered.map { name in
      let values = measurements.flatMap { measurement in
        measurement.clientLosses.filter { $0.client == name }
          .map { (period: measurement.period, value: Optional($0.loss)) }
      }
      return Curve("client \(name)", values, isBackground: true)
    }
  }

  private func curve(_ name: String, _ value: (Measurement) -> Double?) -> Curve {
    Curve(name, measurements.map { ($0.period, value($0)) })
  }

  private func plot(
    _ title: String, _ note: String, _ quantity: Quantity, _ curves: [Curve]
  ) -> Plot {
    let drawn = curves.filter { !$0.points.isEmpty }
    return Plot(title: title, note: note, period: period, quantity: quantity, curves: drawn)
  }
}
