import FineTuning
import Kernels
import LanguageModels
import SeedBasis
import Tensors
import Testing
import Tokenizers
import Weights

@Suite("Export of SentencePiece's tokenizer in a GGUF file")
struct SentencePieceExportTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Pieces by score, two of which are canonically equivalent, and one that many pairs make.
  private static let pieces = [
    "\u{e9}", "e\u{301}", "▁", "t", "h", "e", "a", "\u{301}", "aa", "aaa", "▁t", "he", "▁the", "▁a",
    "▁▁", "the",
  ]

  /// A copy of the test model in GGUF, with a vocabulary of SentencePiece.
  private func base(addsSpacePrefix: Bool) throws -> LoadedModel {
    let model = try LoadedModel.tiny()
    let bytes = (0..<256).map {
      "<0x" + ($0 < 16 ? "0" : "") + String($0, radix: 16).uppercased() + ">"
    }
    let first = ["<unk>", "<s>", "</s>"] + bytes + Self.pieces
    let unused = (first.count..<384).map { "<unused\($0)>" }
    let types =
      [2, 3, 3] + bytes.map { _ in 6 } + Self.pieces.map { _ in 1 } + unused.map { _ in 5 as Int32 }
    let fields: [(key: String, value: GGUFField)] = [
      ("model", .text("llama")), ("tokens", .texts(first + unused)),
      ("token_type", .integers(types)),
      ("scores", .floats(types.indices.map { Float(-$0) })), ("bos_token_id", .unsigned(1)),
      ("eos_token_id", .unsigned(2)), ("unknown_token_id", .unsigned(0)),
      ("add_space_prefix", .bool(addsSpacePrefix)),
    ]
    let path = folder.path + "/base.gguf"
    let configuration = model.model.configuration
    let writer = try GGUFWriter(
      path: path,
      metadata: configuration.ggufMetadata(
        name: "test", type: .f32, tokenizer: fields.map { ("tokenizer.ggml." + $0.key, $0.value) }),
      parameters: model.store.parameters, matrixType: .f32, naming: configuration.ggufNaming)
    try model.store.write(to: writer, threads: Threads(1))
    return try .open(path: path, context: ComputeContext(threads: Threads(1)))
  }

  @Test("the folder has the same tokens, marks and begin token", arguments: [true, false])
  func sameTokens(addsSpacePrefix: Bool) throws {
    let base = try base(addsSpacePrefix: addsSpacePrefix)
    let path = folder.path + "/tuned"
    try base.export(
      coefficients: Coefficients(candidateCount: 2),
      basis: SeedBasis(kind: .hadamard, seed: 1, candidateCount: 2), to: path)
    let original = try base.tokenizer
    let exported = try LoadedModel.tokenizer(path: path)
    let texts = [
      "the a the", "  the", "aaaa aaa", "\u{e9} e\u{301} the\u{301}", "x the\n<s>the</s>", "🦉", "",
    ]
    for text in texts {
      for marks in [true, false] {
        let ids = original.encode(text, parsingSpecialTokens: marks, addingBeginToken: false)
        #expect(
          exported.encode(text, parsingSpecialTokens: marks, addingBeginToken: false) == ids,
          "\(text)")
        #expect(try exported.decode(ids) == original.decode(ids))
      }
    }
    #expect(exported.beginToken == 1 && exported.endToken == 2)
    #expect(original.encode("the", parsingSpecialTokens: false, addingBeginToken: false).count == 1)
  }
}
