/// The name of a setting, said once: its raw value is the spelling of the option, of the key in
/// `settings.yaml` and of the key in a seed checkpoint.
///
/// Options, errors, files and checkpoints name a setting by its key only, so that they cannot disagree.
/// The cases stand in the order in which files and reports list them.
public enum SettingKey: String, CaseIterable, Sendable, Codable, CodingKey {
  // What is tuned, and with what: not options, but what a repetition must find again.
  case toolVersion = "tool-version"
  case model
  case modelSha256 = "model-sha256"
  case dataSha256 = "data-sha256"

  // Examples.
  case data
  case columns
  case dataTemplate = "data-template"
  case labels
  case template
  case templateSha256 = "template-sha256"
  case lengthLimit = "length-limit"
  case endToken = "end-token"
  case seed
  case split

  // The method.
  case method
  case objective
  case basis
  case candidates
  case mode
  case storage
  case learningRate = "lr"
  case schedule
  case warmup
  case epsilon
  case directions
  case estimator
  case optimizer
  case momentum
  case beta1
  case beta2
  case adamEpsilon = "adam-epsilon"
  case normLimit = "max-grad-norm"
  case recompute
  case draws
  case batch
  case accumulate
  case order
  case heldOut = "held-out"
  case lossDifferenceLimit = "loss-difference-limit"
  case parameters
  case scalarClip = "scalar-clip"
  case significanceClip = "pro-clip"
  case hasLeadingZero = "pro-leading-zero"
  case isUnbiased = "pro-unbiased"

  // A run on one machine.
  case steps
  case checkpointEvery = "checkpoint-every"
  case evaluateEvery = "evaluate-every"

  // A federation.
  case clients
  case participation
  case rounds
  case localSteps = "local-steps"
  case partition
  case aggregation
  case serverOptimizer = "server-optimizer"
  case serverMomentum = "server-momentum"
  case serverLearningRate = "server-lr"
  case serverBeta2 = "server-beta2"
  case serverTau = "server-tau"
  case precision
  case window
  case zerothOrderShare = "zeroth-order-share"
  case zerothOrderLearningRate = "zeroth-order-lr"
  case incrementLimit = "increment-limit"
  case privacy = "dp"
  case privacyClip = "dp-clip"
  case privacyNoise = "dp-noise-multiplier"

  // Either of them.
  case patience

  // The machine.
  case concurrentClients = "concurrent-clients"
  case instructionSet = "isa"
}
