import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

@Suite("Packed batches")
struct PackedBatchTests {
  /// Sequences of many lengths, labels at the start, in the middle, at the end and everywhere.
  private func sequences(_ checked: CheckedModel) -> [PackedBatch.Sequence] {
    let shapes: [(Int, Range<Int>)] = [
      (2, 1..<2), (90, 30..<41), (17, 16..<17), (64, 1..<64), (33, 1..<5), (128, 64..<128),
    ]
    return shapes.enumerated().map { index, shape in
      PackedBatch.Sequence(checked.tokens(shape.0, seed: UInt64(index)), labels: shape.1)
    }
  }

  /// What losses of these models may differ by when OpenBLAS sees other shapes.
  private func tolerance(_ checked: CheckedModel) -> Double {
    // Random models of these sizes have logits of about unit size, and two computations may differ.
    2 * 2
      * checked.tolerance([
        [Double](repeating: 4, count: checked.model.configuration.vocabularySize)
      ])
  }

  @Test("every sequence has the loss it has alone, in any order", arguments: [false, true])
  func alone(isReversed: Bool) throws {
    let checked = try CheckedModel.odd()
    let sequences = isReversed ? self.sequences(checked).reversed() : self.sequences(checked)
    let packed = try checked.model.losses(of: PackedBatch(sequences), weights: checked.weights)
    let alone = try sequences.map {
      try checked.model.losses(of: PackedBatch([$0]), weights: checked.weights)[0]
    }
    #expect(packed.map(\.labelCount) == sequences.map(\.labels.count))
    let difference = zip(packed, alone).map { abs($0.mean - $1.mean) }.max() ?? .infinity
    #expect(difference <= tolerance(checked), "\(difference)")
    // The sequences' losses are far enough apart to be told from each other.
    let distinct = Set(alone.map { ($0.mean / tolerance(checked)).rounded() })
    #expect(distinct.count == sequences.count)
  }

  @Test("a token sees neither later tokens nor other sequences")
  func causality() throws {
    let checked = try CheckedModel.odd()
    let (first, second) = (checked.tokens(40, seed: 1), checked.tokens(40, seed: 2))
    var changed = second
    changed[30] = (changed[30] + 1) % 211
    let rows = Array(0..<70) + Array(70..<80)
    let before = try checked.logits(PackedBatch([.init(first), .init(second)]), rows: rows)
    let after = try checked.logits(PackedBatch([.init(first), .init(changed)]), rows: rows)
    #expect(before.rows(0..<70).elements == after.rows(0..<70).elements)
    let differing = (70..<80).filter {
      before.rows($0..<$0 + 1).elements != after.rows($0..<$0 + 1).elements
    }
    #expect(differing == Array(70..<80))
  }

  @Test("by default logits are those after the last token of each sequence")
  func lastRows() throws {
    let checked = try CheckedModel.odd()
    let batch = PackedBatch(sequences(checked))
    let found = try checked.logits(batch)
    let expected = try checked.logits(batch, rows: [1, 91, 108, 172, 205, 333])
    #expect(found.elements == expected.elements)
  }

  @Test("losses and logits have the same bits for every number of threads", arguments: [2, 3, 8])
  func threads(count: Int) throws {
    let (one, many) = (try CheckedModel.odd(threads: 1), try CheckedModel.odd(threads: count))
    let batch = PackedBatch(sequences(one))
    let rows = Array(0..<batch.tokenCount)
    let losses = try [one, many].map { try $0.model.losses(of: batch, weights: $0.weights) }
    #expect(losses[0] == losses[1])
    let logits = try [one, many].map { try $0.logits(batch, rows: rows).elements }
    #expect(logits[0] == logits[1])
    #expect(!logits[0].contains { !$0.isFinite })
  }

  @Test("instruction sets agree on losses", arguments: InstructionSet.available)
  func instructionSets(_ instructionSet: InstructionSet) throws {
    let checked = try CheckedModel.odd()
    let model = try LanguageModel(
      checked.model.configuration, parameters: checked.weights.parameters,
      context: ComputeContext(instructionSet: instructionSet, threads: Threads(2)))
    let batch = PackedBatch(sequences(checked))
    let found = try model.losses(of: batch, weights: checked.weights)
    let expected = try checked.model.losses(of: batch, weights: checked.weights)
    let difference = zip(found, expected).map { abs($0.mean - $1.mean) }.max() ?? .infinity
    #expect(difference <= tolerance(checked), "\(difference)")
  }
}

@Suite("Two-sided passes")
struct TwoSidedPassTests {
  @Test(
    "one pass over both sides has the bits of two passes",
    arguments: [(1, Float(1e-3)), (2, 1e-3), (5, 1e-3), (1, 0.1), (2, 0.1), (5, 0.1)],
    [Architecture.llama, .qwen2])
  func sides(run: (threads: Int, epsilon: Float), architecture: Architecture) throws {
    let (threads, epsilon) = run
    let checked = try CheckedModel.odd(threads: threads, architecture)
    let (plus, minus) = (
      checked.weights.moved(by: epsilon, seed: 5), checked.weights.moved(by: -epsilon, seed: 5)
    )
    let both = ExplicitSides(sides: Sides(plus: plus, minus: minus))
    let batch = PackedBatch([
      .init(checked.tokens(70, seed: 1), labels: 10..<20),
      .init(checked.tokens(3, seed: 2), labels: 1..<3),
      .init(checked.tokens(130, seed: 3), labels: 129..<130),
    ])
    let found = try checked.model.losses(of: batch, weights: both)
    let expected = try both.sides.map { try checked.model.losses(of: batch, weights: $0) }
    #expect(found == expected)
    #expect(found.plus != found.minus)
  }
}
