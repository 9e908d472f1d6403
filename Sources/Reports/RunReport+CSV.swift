extension RunReport {
  /// The measurements as comma-separated values (RFC 4180), a line for each period and one above.
  ///
  /// Numbers have the fewest digits that read back as the same value; what was not measured is empty.
  public func csv() -> String {
    Self.csv(of: [(name: nil, report: self)])
  }

  /// The measurements of several runs, told apart by a first column `run`.
  static func csv(of runs: [(name: String?, report: RunReport)]) -> String {
    let metrics = Set(runs.flatMap { $0.report.measurements.flatMap(\.metrics.keys) }).sorted()
    let names: [String] = runs.contains { $0.name != nil } ? ["run"] : []
    var rows: [[String]] = [names + [runs.first?.report.period ?? "round"]]
    rows[0] += columns.map(\.name) + metrics
    for (name, report) in runs {
      for measurement in report.measurements {
        var row: [String] = names.isEmpty ? [] : [name ?? ""]
        row.append("\(measurement.period)")
        row += columns.map { $0.value(measurement) ?? "" }
        row += metrics.map { measurement.metrics[$0]?.description ?? "" }
        rows.append(row)
      }
    }
    return rows.map { $0.map(field).joined(separator: ",") + "\r\n" }.joined()
  }

  private static let columns: [(name: String, value: @Sendable (Measurement) -> String?)] = [
    ("held_out_loss", { $0.heldOutLoss.map { "\($0)" } }),
    ("training_loss", { $0.trainingLoss.map { "\($0)" } }),
    ("bytes_up", { $0.bytesUp.map { "\($0)" } }),
    ("bytes_down", { $0.bytesDown.map { "\($0)" } }),
    ("seconds", { $0.seconds.map { "\($0)" } }),
    ("peak_private_bytes", { $0.privateBytes.map { "\($0)" } }),
    ("peak_mapped_bytes", { $0.mappedBytes.map { "\($0)" } }),
  ]

  /// A field in quotes where it must be; a text is never taken for a formula by a spreadsheet.
  private static func field(_ text: String) -> String {
    let isFormula = text.first.map { "=+-@\t".contains($0) } == true && Double(text) == nil
    let safe = isFormula ? "'" + text : text
    guard safe.contains(where: { ",\"\r\n".contains($0) || $0.isNewline }) else { return safe }
    return "\"" + safe.replacing("\"", with: "\"\"") + "\""
  }
}
