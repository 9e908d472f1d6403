internal import Bytes
internal import Datasets
internal import FineTuning
internal import Reports
internal import SeedDescent
internal import Settings

extension RunReport {
  /// What was done, in the few facts by which one run is told from another.
  static func overview(of run: PreparedRun, _ settings: SettingsRecord) -> [Fact] {
    let method = run.method
    let text = { (key: SettingKey) in settings[key]?.description }
    let optimizer = method.estimator == .backprop ? ", \(method.optimizer.name)" : ""
    let rate =
      "\(method.learningRate)" + (method.schedule == .constant ? "" : ", \(method.schedule)")
    let length = [
      text(.rounds).map { "\($0) rounds, \(text(.localSteps) ?? "?") steps in each" }, text(.steps),
    ]
    let examples = "\(run.data.training.count) to train on, \(run.data.heldOut.count) held out"
    return [
      Fact("method", "\(method.method.rawValue), \(method.estimator.rawValue)" + optimizer),
      Fact("learning rate", rate), Fact("batch", batch(of: method)),
      Fact(text(.rounds) == nil ? "steps" : "length", length.compactMap(\.self).first ?? "?"),
    ] + (text(.clients).map { [Fact("clients", $0)] } ?? []) + [
      Fact("examples", examples), Fact("model", run.modelName),
      Fact("version", "fedkseed \(text(.toolVersion) ?? "unknown")"),
    ]
  }

  private static func batch(of method: TuningSettings) -> String {
    let examples = counted(method.batch, "example")
    return method.accumulate == 1 ? examples : "\(method.accumulate) × \(examples)"
  }

  /// Every setting but those of the cards on the model and the machine; those at their defaults are usual.
  static func settings(_ record: SettingsRecord) -> [Fact] {
    let elsewhere: Set<SettingKey> = [
      .model, .modelSha256, .dataSha256, .toolVersion, .instructionSet,
    ]
    let usual = SettingsRecord.usual.texts
    return record.pairs.filter { !elsewhere.contains($0.key) }.map {
      Fact($0.key.rawValue, $0.text, isUsual: usual[$0.key.rawValue] == $0.text)
    }
  }
}

extension SettingsRecord {
  /// What stands if nothing is said, of every method.
  fileprivate static var usual: SettingsRecord {
    let settings = TuningSettings()
    var variant = settings
    // Their records have what only they have.
    (variant.method, variant.estimator) = (.fedkseedPro, .backprop)
    return LocalRunSettings(steps: 0).record.filter { $0 != .steps }
      .merging(SimulationSettings().record(with: variant)).merging(variant.record)
      .merging(settings.record).merging(table)
  }

  /// How tables of sentences and labels are read.
  private static var table: SettingsRecord {
    let options = LabelledSentences.Options()
    let words = options.words.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    return [.dataTemplate: options.template, .labels: words.joined(separator: ",")]
  }
}
