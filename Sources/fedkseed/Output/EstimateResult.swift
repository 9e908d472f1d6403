internal import Federation
internal import FineTuning
internal import Foundation
internal import Profiling
internal import Reports
internal import SeedDescent

/// What a step will cost: the output of `estimate`.
struct EstimateResult: Encodable {
  struct Item: Encodable {
    let category: String
    let bytes: Int
    let formula: String
  }

  let model: String
  let parameters: Int
  let mode: String
  let estimator: String
  let tokens: Int
  let threads: Int
  let mappedBytes: Int
  let privateBytes: Int
  let categories: [Item]
  let secondsPerStep: Double
  let secondsLoading: Double
  let secondsProjecting: Double
  let secondsPerRound: Double
  let bytesUpPerRound: Int
  let bytesDownPerRound: Int
  let diskBytes: Int
  let peers: [Item]

  init(
    model: String, parameters: Int, settings: StepSettings, memory: MemoryEstimate,
    time: TimeEstimate, localSteps: Int, peers: [PeerEstimate]
  ) {
    self.model = model
    self.parameters = parameters
    mode = settings.mode.rawValue
    estimator = settings.estimator.rawValue
    tokens = settings.tokens
    threads = settings.threads
    mappedBytes = memory.mappedBytes
    privateBytes = memory.privateBytes
    categories = memory.items.map {
      Item(category: $0.category.rawValue, bytes: $0.bytes, formula: $0.formula)
    }
    secondsPerStep = time.step
    secondsLoading = time.weights
    secondsProjecting = time.projection
    secondsPerRound = time.step * Double(localSteps)
    (bytesUpPerRound, bytesDownPerRound) = Self.traffic(settings, localSteps: localSteps)
    // The model and a seed checkpoint.
    diskBytes = memory.mappedBytes + 4 * settings.candidates + 1024
    self.peers = peers.map { Item(category: $0.name, bytes: $0.bytes, formula: $0.formula) }
  }

  /// Returns the sizes of the messages of a round: pairs up and K numbers down or, of steps along all
  /// directions, K numbers in 16 bits and their scale both ways.
  private static func traffic(_ settings: StepSettings, localSteps: Int) -> (up: Int, down: Int) {
    let count = settings.candidates
    guard settings.estimator == .backprop else {
      return (
        ClientUpdate.byteCount(stepCount: localSteps, candidateCount: count),
        RoundPlan.byteCount(valueCount: count)
      )
    }
    let numbers = SentCoefficients.byteCount(count, in: .integer16)
    return (
      ClientUpdate.byteCount(stepCount: 0, candidateCount: count) + numbers,
      RoundPlan.byteCount(valueCount: 0) + numbers
    )
  }

  func printText() {
    let bytes = { (count: Int) in Quantity.bytes.text(Double(count)) }
    Output.printTable(
      [
        ("model", "\(model), \(parameters) parameters"),
        ("step", "\(estimator), \(tokens) tokens, \(mode), \(threads) threads"),
        ("private memory", bytes(privateBytes)),
      ] + categories.map { ("  \($0.category)", column(bytes($0.bytes), $0.formula)) } + [
        ("mapped file", "\(bytes(mappedBytes)), evictable"),
        ("disk", bytes(diskBytes)),
        (
          "a step",
          "\(Quantity.seconds.text(secondsPerStep)), "
            + "\(Quantity.seconds.text(secondsLoading)) of it loading weights"
            + (secondsProjecting == 0
              ? "" : ", \(Quantity.seconds.text(secondsProjecting)) projecting gradients")
        ),
        ("a round", Quantity.seconds.text(secondsPerRound)),
        ("traffic", "\(bytes(bytesUpPerRound)) up, \(bytes(bytesDownPerRound)) down in a round"),
      ] + peers.map { ($0.category, column(bytes($0.bytes), $0.formula)) })
  }

  private func column(_ size: String, _ formula: String) -> String {
    size.padding(toLength: 10, withPad: " ", startingAt: 0) + formula
  }
}

extension [EstimateResult] {
  /// Prints a line for each model and mode.
  func printTable() {
    let bytes = { (count: Int) in Quantity.bytes.text(Double(count)) }
    Output.printTable(
      [("model", row(["mode", "private", "file", "a step", "MeZO", "LoRA", "Adam"]))]
        + map { result in
          (
            result.model,
            row(
              [
                result.mode, bytes(result.privateBytes), bytes(result.mappedBytes),
                Quantity.seconds.text(result.secondsPerStep),
              ] + result.peers.map { bytes($0.bytes) })
          )
        })
  }

  private func row(_ cells: [String]) -> String {
    cells.map { $0.padding(toLength: 10, withPad: " ", startingAt: 0) }.joined()
      .trimmingCharacters(in: .whitespaces)
  }
}
