import Foundation
import FineTuning
import Kernels
import SeedBasis
import Tensors
import TestSupport
import Testing
import Tokenizers

@Suite(
  "Export of a GGUF file's tokenizer",
  .enabled(
    if: RealInputs.isPresent(RealInputs.smolLM2, RealInputs.noModel) && RealInputs.runsSlowTests,
    "needs the model and scripts/test --all"))
struct TokenizerExportTests {
  @Test("SmolLM2 exported as a folder has the same tokens, marks and end token")
  func sameTokens() throws {
    let folder = try TemporaryFolder()
    let base = try LoadedModel.open(
      path: #require(RealInputs.smolLM2), context: ComputeContext(threads: Threads(2)))
    let basis = try SeedBasis(kind: .hadamard, seed: 1, candidateCount: 2)
    try base.export(
      coefficients: Coefficients(candidateCount: 2), basis: basis, to: folder.path + "/model",
      elementType: .bf16)

    let original = try base.tokenizer
    let exported = try LoadedModel.tokenizer(path: folder.path + "/model")
    let texts = [
      "<|im_start|>user\nWhat is 12 plus 305?<|im_end|>\n<|im_start|>assistant\n",
      "x=1\n2  3  ½ café ☕", "  tabs\tand  spaces ", "Don't WE'LL 東京 🙂‍↔️",
    ]
    for text in texts {
      let ids = original.encode(text, parsingSpecialTokens: true, addingBeginToken: false)
      #expect(exported.encode(text, parsingSpecialTokens: true, addingBeginToken: false) == ids)
      #expect(try exported.decode(ids) == text)
    }
    #expect(exported.endToken == original.endToken && exported.endToken == 2)
    #expect(exported.beginToken == original.beginToken)
    #expect(exported.prefix == original.prefix)
  }
}
