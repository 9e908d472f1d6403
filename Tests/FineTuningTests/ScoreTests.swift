import Datasets
import FineTuning
import Foundation
import LanguageModels
import Testing
import Weights

@Suite("Scores")
struct ScoreTests {
  private let base: LoadedModel
  private let examples: [TokenizedExample]

  init() throws {
    base = try .tiny()
    examples = try Tasks.encoded(base)
  }

  @Test("a score has both means of the losses of all examples, in their order")
  func means() throws {
    let alone = try examples.map {
      try base.model.losses(of: TuningBatch([$0]).passes[0].packed, weights: base.store)[0]
    }
    let score = try base.score(examples, weights: base.store)
    let difference = zip(score.losses, alone).map { abs($0 - $1.mean) }.max() ?? .infinity
    #expect(difference <= base.lossTolerance(), "\(difference)")
    #expect(score.losses.count == 60 && examples.reduce(0) { $0 + $1.tokens.count } > 2 * 1024)

    let perExample = alone.reduce(0) { $0 + $1.mean } / 60
    let labels = alone.reduce(0) { $0 + $1.labelCount }
    let perToken = alone.reduce(0) { $0 + $1.sum } / Double(labels)
    #expect(abs(score.lossPerExample - perExample) <= base.lossTolerance())
    #expect(abs(score.lossPerToken - perToken) <= base.lossTolerance())
    #expect(abs(perExample - perToken) > 100 * base.lossTolerance())
    #expect(score.perplexity == exp(score.lossPerToken))
  }

  @Test("the order of the examples, which sets the batches, hardly matters")
  func order() throws {
    let forward = try base.score(examples, weights: base.store)
    let backward = try base.score(examples.reversed(), weights: base.store)
    let difference =
      zip(forward.losses, backward.losses.reversed()).map { abs($0 - $1) }.max() ?? .infinity
    #expect(difference <= base.lossTolerance(), "\(difference)")
  }

  @Test("a score repeats to the last bit for every number of threads", arguments: [1, 2, 3, 8])
  func threads(count: Int) throws {
    let other = try LoadedModel.tiny(threads: count)
    let score = try other.score(examples, weights: other.store)
    #expect(try base.score(examples, weights: base.store) == score)
  }

  @Test("progress ascends to the number of examples in more than one step")
  func progress() throws {
    var counts: [Int] = []
    _ = try base.score(examples, weights: base.store) { counts.append($0) }
    #expect(counts.count > 1 && counts == counts.sorted() && counts.last == examples.count)
  }

  @Test("an example beyond the model's context is refused")
  func context() throws {
    let tokens = [Int32](repeating: 5, count: 257)
    let long = TokenizedExample(tokens: tokens, responseStart: 3, category: "")
    #expect(throws: ModelError.contextExceeded(length: 257, contextLength: 256)) {
      try base.score([examples[0], long], weights: base.store)
    }
  }
}
