import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

/// Values that `transformers` computed in f32 for the generated test models.
struct TinyReference: Decodable {
  struct Sequence: Decodable {
    struct Greedy: Decodable { let ids: [Int32] }
    let ids: [Int32]
    let argmax: [Int32]
    /// Those after the last token, eight digits.
    let logits: [Double]
    let greedy: Greedy
  }
  struct Example: Decodable {
    let prompt_ids: [Int32]
    let response_ids: [Int32]
    let token_losses: [Double]
    let loss: Double
  }
  let sequences: [Sequence]
  let examples: [Example]
}

@Suite("tiny-llama against transformers in f32")
struct TinyLlamaTests {
  private func open(
    _ folder: String, _ instructionSet: InstructionSet
  ) throws -> (OpenedModel, TinyReference) {
    let path = RealInputs.tinyLlama + folder
    return (
      try OpenedModel(path, instructionSet: instructionSet),
      try RealInputs.json(path + "/expected.json", as: TinyReference.self)
    )
  }

  @Test(
    "logits, most likely tokens and greedy continuations agree on every instruction set",
    arguments: ["", "/untied-bf16"], InstructionSet.available)
  func sequences(folder: String, instructionSet: InstructionSet) throws {
    let (opened, reference) = try open(folder, instructionSet)
    for sequence in reference.sequences {
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
    "losses of responses agree on every instruction set",
    arguments: ["", "/untied-bf16"], InstructionSet.available)
  func losses(folder: String, instructionSet: InstructionSet) throws {
    let (opened, reference) = try open(folder, instructionSet)
    let batch = PackedBatch(
      reference.examples.map { example in
        let tokens = example.prompt_ids + example.response_ids
        return .init(tokens, labels: example.prompt_ids.count..<tokens.count)
      })
    let losses = try opened.model.losses(of: batch, weights: opened.store)
    // Logits of these models are about as large as 4, see the sequences above.
    let tolerance = 2 * opened.tolerance(logits: 4, count: 1)
    for (found, example) in zip(losses, reference.examples) {
      #expect(abs(found.mean - example.loss) <= tolerance, "\(found.mean), not \(example.loss)")
      #expect(
        abs(found.sum - example.token_losses.reduce(0, +)) <= tolerance * Double(found.labelCount))
    }
    #expect(losses.count == 8)
  }
}
