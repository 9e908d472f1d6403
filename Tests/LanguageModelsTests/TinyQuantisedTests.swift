import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

@Suite("tiny-quantised against transformers in f32, with the weights of the Python package gguf")
struct TinyQuantisedTests {
  private func reference() throws -> TinyReference {
    try RealInputs.json(RealInputs.tinyQuantised + "/expected.json", as: TinyReference.self)
  }

  private func open(_ instructionSet: InstructionSet) throws -> OpenedModel {
    try OpenedModel(RealInputs.tinyQuantised + "/model.gguf", instructionSet: instructionSet)
  }

  @Test("every quantised type is in the model")
  func types() throws {
    let store = try open(.best).store
    let types = Set(store.parameters.parameters.indices.map { store.view(of: $0).type })
    let quantised = ElementType.allCases.filter { $0.elementsPerBlock > 1 }
    #expect(types.isSuperset(of: Set(quantised).subtracting([.q8_0, .q4_0, .q4_1])))
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
      // Sums of the width's 256 terms are longer than those of the feed-forward blocks.
      let tolerance = 2 * opened.tolerance(logits: norm, count: sequence.logits.count)
      let difference = largestDifference(last, [sequence.logits])
      #expect(difference <= tolerance, "\(difference), allowed \(tolerance)")
      #expect(sequence.ids.indices.map { argmax(logits.rows($0..<$0 + 1)) } == sequence.argmax)
      #expect(try opened.greedy(sequence.ids, limit: 16) == sequence.greedy.ids)
    }
  }
}
