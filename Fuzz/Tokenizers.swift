import ChatTemplates
import FineTuning
import Foundation
import Tokenizers

extension FuzzTarget {
  /// Files of tokenizers, what they contain, and the text they are given.
  static var tokenizers: [FuzzTarget] {
    [
      FuzzTarget("tokenizer-json") { try readsTokenizer(named: "tokenizer.json") },
      FuzzTarget("sentencepiece") { try readsTokenizer(named: "tokenizer.model") },
      FuzzTarget("tiktoken") { try readsTokenizer(named: "tiktoken.model") },
      FuzzTarget("tekken") { try readsTokenizer(named: "tekken.json") },
      FuzzTarget("tokenizer-config") {
        try readsTokenizer(named: "tokenizer_config.json", beside: ["tokenizer.json"])
      },
      FuzzTarget("text", encodesText),
      FuzzTarget("expression", cutsByExpression),
      FuzzTarget("chat-template") { input in
        let template = try ChatTemplate(input.text, tokens: ["bos_token": "<s>"], file: "template")
        _ = try template.render(
          [
            ChatMessage(role: "system", content: "Be brief."),
            ChatMessage(role: "user", content: "{{ a }} < é"),
            ChatMessage(role: "assistant", content: ""),
          ], addsGenerationPrompt: true)
      },
    ]
  }

  /// Opens the tokenizer of a folder and takes a text there and back.
  private static func readsTokenizer(
    named name: String, beside names: [String] = []
  ) throws -> (FuzzInput) throws -> Void {
    let scratch = try Scratch()
    try scratch.copy("config.json")
    for other in names { try scratch.copy(other) }
    return { input in
      try input.write(to: scratch.file(name))
      let tokenizer = try LoadedModel.tokenizer(path: scratch.path)
      let ids = tokenizer.encode(
        "Hello, wörld 12 <s>\u{301}\n", parsingSpecialTokens: true, addingBeginToken: true)
      _ = try tokenizer.decode(ids)
    }
  }

  /// Encodes and decodes any text by a tokenizer of each kind; the first byte chooses.
  private static func encodesText() throws -> (FuzzInput) throws -> Void {
    let tokenizers = try ["Fuzz/Model", "Models/tiny-llama", "Models/tiny-quantised/model.gguf"].map
    {
      try LoadedModel.tokenizer(path: $0)
    }
    return { input in
      guard let (choice, rest) = input.choice else { return }
      let tokenizer = tokenizers[Int(choice) / 2 % tokenizers.count]
      let ids = tokenizer.encode(
        rest.text, parsingSpecialTokens: choice % 2 == 0, addingBeginToken: false)
      _ = try tokenizer.decode(ids)
    }
  }

  /// Cuts a text by an expression; both stand in the input, with a zero between them.
  private static func cutsByExpression() throws -> (FuzzInput) throws -> Void {
    let scratch = try Scratch()
    try scratch.copy("config.json")
    let file = try Data(contentsOf: URL(filePath: "Fuzz/Model/tokenizer.json"))
    guard var json = try JSONSerialization.jsonObject(with: file) as? [String: Any] else {
      throw FuzzError(description: "Fuzz/Model/tokenizer.json is no object")
    }
    return { input in
      let parts = input.bytes.split(separator: 0, maxSplits: 1).map {
        String(decoding: $0, as: UTF8.self)
      }
      guard parts.count == 2 else { return }
      json["pre_tokenizer"] = [
        "type": "Split", "behavior": "Isolated", "invert": false, "pattern": ["Regex": parts[0]],
      ]
      let bytes = try Array(JSONSerialization.data(withJSONObject: json))
      try FuzzInput(bytes).write(to: scratch.file("tokenizer.json"))
      let tokenizer = try LoadedModel.tokenizer(path: scratch.path)
      _ = tokenizer.encode(parts[1], parsingSpecialTokens: false, addingBeginToken: false)
    }
  }
}
