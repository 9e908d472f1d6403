internal import ArgumentParser
internal import Bytes
internal import Datasets
internal import FineTuning
internal import Tokenizers

/// Turns a text into tokens.
struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn a text into token ids.",
    discussion: """
        fedkseed tokenize MODEL --text "Seeds grow."
        fedkseed tokenize MODEL --file text.txt --json
        fedkseed tokenize MODEL --text "Why?" --template model
      """)

  @OptionGroup var source: ModelArgument

  @Option(
    name: [.customLong("text"), .customLong("prompt"), .customShort("p")], parsing: .unconditional,
    help: "The text.")
  var text: String?

  @Option(
    help: "A file with the text; what is not UTF-8 in it becomes U+FFFD.", completion: .file())
  var file: String?

  @Flag(help: "Put the vocabulary's begin token first.")
  var beginToken = false

  @Flag(help: "Put around the text what the model expects around it, such as begin and end tokens.")
  var surrounded = false

  @Option(help: "Take the text for a request, and turn the prompt that a template makes of it.")
  var template: PromptTemplate?

  @Flag(help: "Take the names of special tokens, such as <|im_end|>, for plain text.")
  var plain = false

  @Flag(help: "Print how many tokens there are and how long it took, rather than the tokens.")
  var summary = false

  @OptionGroup var common: CommonOptions

  func run() throws {
    let text = try content
    let clock = ContinuousClock()
    var times = [clock.now]
    let tokenizer = try LoadedModel.tokenizer(path: source.model)
    times.append(clock.now)
    let ids = try ids(of: text, tokenizer)
    if summary {
      return try print(
        Summary(text, ids, opening: times[1] - times[0], encoding: clock.now - times[1]))
    }
    let result = Result(ids: ids, tokens: try ids.map { try tokenizer.token(for: $0) })
    guard !common.json else { return try Output.printJSON(result) }
    Output.printTable(zip(result.ids, result.tokens).map { ("\($0)", $1.debugDescription) })
  }

  private func ids(of text: String, _ tokenizer: any Tokenizer) throws -> [Int32] {
    if let template {
      return try common.openModel(source.model).encoder(template, lengthLimit: .max)
        .promptTokens(for: Example(instruction: text, response: ""))
    }
    let ids = tokenizer.encode(
      text, parsingSpecialTokens: !plain, addingBeginToken: beginToken)
    return surrounded ? tokenizer.prefix + ids + tokenizer.suffix : ids
  }

  private func print(_ summary: Summary) throws {
    guard !common.json else { return try Output.printJSON(summary) }
    Output.printTable([
      ("tokens", "\(summary.tokens)"), ("bytes", "\(summary.bytes)"),
      ("opening", "\(summary.openingSeconds) s"), ("encoding", "\(summary.encodingSeconds) s"),
    ])
  }

  private struct Summary: Encodable {
    let tokens: Int
    let bytes: Int
    let openingSeconds: Double
    let encodingSeconds: Double

    init(_ text: String, _ ids: [Int32], opening: Duration, encoding: Duration) {
      tokens = ids.count
      bytes = text.utf8.count
      openingSeconds = opening / .seconds(1)
      encodingSeconds = encoding / .seconds(1)
    }
  }

  private var content: String {
    get throws {
      switch (text, file) {
      case (let text?, nil): return text
      case (nil, let file?):
        return String(decoding: try MappedFile(path: file).array, as: UTF8.self)
      default: throw InputError("one of '--text' and '--file' must be given")
      }
    }
  }

  private struct Result: Encodable {
    let ids: [Int32]
    let tokens: [String]
  }
}
