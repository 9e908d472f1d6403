internal import ArgumentParser
internal import FineTuning
internal import LanguageModels
internal import Profiling
internal import Reports
internal import SeedBasis
internal import Tensors

/// Predicts what a step costs, without reading a weight.
struct EstimateCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Predict the memory, time and traffic of tuning from shapes alone.",
    discussion: """
      MODEL is a GGUF file, a Hugging Face folder, a file like config.json or one of these names: \
      \(KnownModel.all.map(\.name).joined(separator: ", ")). Time is that of this machine, measured \
      for a second the first time, or of one with --gflops and --bandwidth.

        fedkseed estimate datajuicer-1.3b --dtype q4_0 --tokens 512
        fedkseed estimate smollm2-135m --tokens 256 --estimator backprop --recompute never
        fedkseed estimate --all
      """)

  @Argument(help: "A model, a configuration or the name of a known model.", completion: .file())
  var model: String?

  @Flag(help: "All known models, each of which can be tuned, in both modes, a line each.")
  var all = false

  @Option(help: "The type of the matrices of a model that is only a configuration.")
  var dtype = ElementType.bf16

  @OptionGroup(title: "Step") var step: StepOptions

  @Option(help: "The number of local steps in a round.")
  var localSteps = 200

  @Option(help: "The number of tokens of each answer, for sample answers or a metric; 0 for none.")
  var answerTokens = StepSettings().answerTokens

  @OptionGroup(title: "Machine") var machine: SpeedOptions

  @OptionGroup(title: "Machine") var common: CommonOptions

  func validate() throws {
    guard (model != nil) != all else {
      throw InputError("name one model, or give '--all'")
    }
    guard (1...1 << 30).contains(localSteps) else {
      throw InputError(
        "'--local-steps' must be a whole number from 1 to \(1 << 30), but is \(localSteps)")
    }
    guard (0...1 << 20).contains(answerTokens) else {
      throw InputError(
        "'--answer-tokens' must be a whole number from 0 to \(1 << 20), but is \(answerTokens)")
    }
  }

  func run() throws {
    let speed = try machine.speed()
    var settings = step.settings(threads: common.threads)
    settings.answerTokens = answerTokens
    if let model {
      let result = try estimate(ModelSource(model), settings, speed)
      if common.json { try Output.printJSON(result) } else { result.printText() }
    } else {
      let results = try KnownModel.all.flatMap { known in
        try WeightMode.allCases.map { mode in
          settings.mode = mode
          return try estimate(.known(known), settings, speed)
        }
      }
      if common.json { try Output.printJSON(results) } else { results.printTable() }
    }
  }

  private func estimate(
    _ source: ModelSource, _ settings: StepSettings, _ speed: MachineSpeed
  ) throws -> EstimateResult {
    let configuration = try source.configuration, count = try source.parameterCount
    return EstimateResult(
      model: source.name, parameters: count, settings: settings,
      memory: try source.memory(settings, as: dtype),
      time: TimeEstimate(configuration, settings: settings, speed: speed),
      localSteps: localSteps,
      peers: PeerEstimate.all(configuration, parameterCount: count, tokens: settings.tokens))
  }
}
