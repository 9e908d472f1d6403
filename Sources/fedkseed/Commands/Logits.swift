internal import ArgumentParser
internal import FineTuning
internal import Foundation
internal import LanguageModels
internal import Tensors

/// Computes the logits that follow a sequence of tokens.
struct Logits: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compute the logits of the token that follows some tokens.",
    discussion: """
      Needs no tokenizer.

        fedkseed logits MODEL --tokens 504,3575,282,4649,314
      """)

  @OptionGroup var source: ModelArgument

  @Option(
    parsing: .unconditional, help: "The token ids, separated by commas.",
    transform: Self.parseTokens)
  var tokens: [Int32]

  @OptionGroup var checkpoint: SeedCheckpointOption

  @OptionGroup var common: CommonOptions

  func run() throws {
    let base = try common.openModel(source.model)
    let logits = try base.model.logits(
      of: PackedBatch([.init(tokens)]), weights: checkpoint.weights(of: base))
    let result = Result(logits.elements)
    guard !common.json else { return try Output.printJSON(result) }
    print("most likely token: \(result.argmax)")
    Output.printTable(result.best(10).map { ("  \($0.token)", "\($0.logit)") })
  }

  /// Reads `1,2,3`.
  private static func parseTokens(_ text: String) throws -> [Int32] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { word in
      guard let token = Int32(word.trimmingCharacters(in: .whitespaces)) else {
        throw InputError(
          "expected whole numbers separated by commas, for example 1,2,3, but found '\(word)'")
      }
      return token
    }
  }

  private struct Result: Encodable {
    let logits: [Float]
    let argmax: Int

    init(_ logits: [Float]) {
      self.logits = logits
      argmax = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
    }

    func best(_ count: Int) -> [(token: Int, logit: Float)] {
      logits.enumerated().map { (token: $0, logit: $1) }
        .sorted { ($1.logit, $0.token) < ($0.logit, $1.token) }
        .prefix(count).map(\.self)
    }
  }
}
