internal import ArgumentParser
internal import FineTuning
internal import Tokenizers

/// Turns a text into tokens.
struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a text into token ids.",
    discussion: """
        fedkseed tokenize MODEL --text "Seeds grow."
      """)

  @OptionGroup var source: ModelArgument

  @Option(parsing: .unconditional, help: "The text.")
  var text: String

  @Flag(help: "Put the vocabulary's begin token first.")
  var beginToken = false

  @Flag(help: "Take the names of special tokens, such as <|im_end|>, for plain text.")
  var plain = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    let tokenizer = try LoadedModel.tokenizer(path: source.model)
    let ids = tokenizer.encode(
      text, parsingSpecialTokens: !plain, addingBeginToken: beginToken)
    let result = Result(ids: ids, tokens: try ids.map { try tokenizer.token(for: $0) })
    guard !common.json else { return try Output.printJSON(result) }
    Output.printTable(zip(result.ids, result.tokens).map { ("\($0)", $1.debugDescription) })
  }

  private struct Result: Encodable {
    let ids: [Int32]
    let tokens: [String]
  }
}
