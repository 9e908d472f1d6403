internal import Bytes
internal import Datasets
package import FineTuning
internal import Kernels
internal import LanguageModels
package import Profiling
internal import Reports
internal import SeedBasis
internal import SeedDescent
internal import Settings
internal import Tensors
internal import Weights

// What is said at the start of a run.

extension DurableRun {
  /// What the run is made of, in lines for a person.
  var banner: [String] {
    let rows =
      [("model", prepared.modelText), ("data", prepared.dataText), ("method", prepared.methodText)]
      + (prepared.settings[.clients] == nil ? [] : [("federation", prepared.federationText)])
      + [("memory", prepared.memoryText(clients: plan.clientsAtOnce)), ("run", lengthText)]
    return rows.map { name, text in
      name.padding(to: 12) + singleLine(text, limit: 1000)
    }
  }

  private var lengthText: String {
    let period = files.kind.period
    var text = counted(plan.length, period)
    if let interval = plan.evaluationInterval {
      text += ", the held-out loss every \(interval == 1 ? period : "\(interval) \(period)s")"
      if let count = plan.evaluationExamples, count < prepared.data.heldOut.count {
        text += " by \(count) of its examples"
      }
    }
    return text + "; writes '\(files.path)'"
  }
}

extension PreparedRun {
  fileprivate var modelText: String {
    let configuration = base.model.configuration
    return "\(modelName): \(configuration.architecture.modelType), "
      + "\(counted(configuration.layerCount, "layer")), \(base.store.parameters.elementCount) parameters, "
      + "\(Quantity.bytes.text(Double(base.store.mappedByteCount))) on disk"
  }

  fileprivate var dataText: String {
    let source = settings[.data]?.description ?? "examples"
    let format = dataFormat.isEmpty || dataFormat == source ? "" : ", \(dataFormat)"
    return "\(source)\(format): \(counted(data.training.count, "example")) to train on, "
      + "\(data.heldOut.count) held out; \(Int(data.meanTokenCount.rounded())) tokens on average"
  }

  fileprivate var methodText: String {
    "\(method.method.rawValue), \(method.estimator.rawValue) of \(method.objective.rawValue), "
      + "\(method.basis.rawValue), K \(method.candidates), \(method.effectiveMode.rawValue) weights; lr "
      + "\(method.learningRate), \(method.schedule.rawValue), \(examplesPerStep) examples a step"
  }

  fileprivate var federationText: String {
    let value = { (key: SettingKey) in settings[key]?.description ?? "" }
    return "\(value(.clients)) clients, \(value(.localSteps)) steps of each in a round; examples "
      + value(.partition)
  }

  fileprivate func memoryText(clients: Int) -> String {
    let estimate = MemoryEstimate(
      ofLongestStep: method, of: base, data, clients: clients)
    return "about \(Quantity.bytes.text(Double(clients * estimate.privateBytes))) expected, beside "
      + "the file, of which no more than fits is kept"
  }
}

extension MemoryEstimate {
  /// Estimates the longest step of a client.
  ///
  /// - Parameter clients: How many clients work at once.
  package init(
    ofLongestStep settings: TuningSettings, of base: LoadedModel, _ data: TuningData, clients: Int
  ) {
    let lengths = data.training.map(\.tokens.count).sorted(by: >).prefix(settings.batch)
    var step = StepSettings()
    step.tokens = max(2 * lengths.count, lengths.reduce(0, +))
    step.sequences = max(1, lengths.count)
    step.basis = settings.basis
    step.candidates = settings.candidates
    step.mode = settings.effectiveMode
    step.storage = settings.storage
    step.threads = max(1, base.context.threads.count / clients)
    step.estimator = settings.estimator
    step.recompute = settings.recompute
    self.init(
      base.model.configuration, parameterCount: base.store.parameters.elementCount,
      fileBytes: base.store.mappedByteCount, tokenizerEntries: 0, settings: step)
  }
}

extension String {
  fileprivate func padding(to width: Int) -> String {
    self + String(repeating: " ", count: max(1, width - count))
  }
}
