import Bytes
import Foundation
import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

@Suite("tiny-qwen2 against transformers in f32")
struct TinyQwen2Tests {
  private func reference() throws -> TinyReference {
    try RealInputs.json(RealInputs.tinyQwen2 + "/expected.json", as: TinyReference.self)
  }

  private func open(_ instructionSet: InstructionSet) throws -> OpenedModel {
    try OpenedModel(RealInputs.tinyQwen2, instructionSet: instructionSet)
  }

  @Test(
    "logits, most likely tokens and greedy continuations agree on every instruction set",
    arguments: InstructionSet.available)
  func sequences(instructionSet: InstructionSet) throws {
    let opened = try open(instructionSet)
    for sequence in try reference().sequences {
      let logits = try opened.logits(sequence.ids)
      let last = logits.rows(logits.rowCount - 1..<logits.rowCount)
      let norm = dot(sequence.logits, sequence.logits).squareRoot()
      let tolerance = opened.tolerance(logits: norm, count: sequence.logits.count)
      let difference = largestDifference(last, [sequence.logits])
      #expect(difference <= tolerance, "\(difference), allowed \(tolerance)")
      #expect(sequence.ids.indices.map { argmax(logits.rows($0..<$0 + 1)) } == sequence.argmax)
      #expect(try opened.greedy(sequence.ids, limit: 16) == sequence.greedy.ids)
    }
  }

  @Test(
    "losses of the second half of texts agree on every instruction set",
    arguments: InstructionSet.available)
  func losses(instructionSet: InstructionSet) throws {
    let opened = try open(instructionSet)
    let examples = try reference().examples
    let batch = PackedBatch(
      examples.map { example in
        let tokens = example.prompt_ids + example.response_ids
        return .init(tokens, labels: example.prompt_ids.count..<tokens.count)
      })
    let losses = try opened.model.losses(of: batch, weights: opened.store)
    // Logits of this model are about as large as 4, see the sequences above.
    let tolerance = 2 * opened.tolerance(logits: 4, count: 1)
    for (found, example) in zip(losses, examples) {
      #expect(abs(found.mean - example.loss) <= tolerance, "\(found.mean), not \(example.loss)")
    }
    #expect(losses.count == 5)
  }

  @Test("a bias that is missing, or of another shape, is named")
  func missingBias() throws {
    let store = try open(.best).store
    let parameters = store.parameters.parameters
    let name = "model.layers.1.self_attn.k_proj.bias"
    let configuration = try ModelConfiguration(store)
    let error = #expect(throws: ModelError.self) {
      try LanguageModel(
        configuration, parameters: ParameterMap(parameters.filter { $0.name != name }),
        context: ComputeContext())
    }
    #expect(error == .missingTensor(name))
    let other = parameters.map { $0.name == name ? Parameter(name: name, shape: [17]) : $0 }
    let refusal = #expect(throws: ModelError.self) {
      try LanguageModel(
        configuration, parameters: ParameterMap(other), context: ComputeContext())
    }
    #expect(refusal == .wrongShape(name, found: [17], expected: [16]))
  }

  @Test("a GGUF file of Qwen2 has biases, and rows as they are, whatever its heads are")
  func ggufNames() throws {
    let folder = try ModelFolder()
    let metadata: [String: GGUFField] = [
      "general.architecture": .text("qwen2"), "qwen2.attention.head_count": .integer(1),
    ]
    for (stored, canonical) in [
      ("blk.3.attn_k.bias", "model.layers.3.self_attn.k_proj.bias"),
      ("blk.3.attn_q.weight", "model.layers.3.self_attn.q_proj.weight"),
    ] {
      let elements: [Float]? = stored.hasSuffix("bias") ? [3, 1, 2] : nil
      let path = try folder.gguf(metadata, tensor: stored, elements: elements)
      let store = try WeightStore.open(path: path)
      #expect(store.parameters.parameters.map(\.name) == [canonical])
      let rows = store.parameters[0].rowCount
      #expect((0..<rows).map { store.view(of: 0).bytes(ofRow: $0).range.lowerBound }.isSorted)
    }
  }
}

extension [Int] {
  fileprivate var isSorted: Bool { zip(self, dropFirst()).allSatisfy(<) }
}
