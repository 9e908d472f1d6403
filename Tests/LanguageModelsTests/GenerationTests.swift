import Foundation
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

@Suite("Generation")
struct GenerationTests {
  private let checked: CheckedModel

  init() throws { checked = try CheckedModel.tiny() }

  private func generate(
    _ prompts: [[Int32]], limit: Int, end: Set<Int32> = [], sampler: Sampler = .greedy
  ) throws -> [[Int32]] {
    try checked.model.generate(
      prompts: prompts, limit: limit, endTokens: end, sampler: sampler, weights: checked.weights)
  }

  private var prompts: [[Int32]] {
    [3, 1, 70, 12, 129].map { checked.tokens($0, seed: UInt64($0)) }
  }

  @Test("greedy tokens are those of a full pass for every token", arguments: 0..<5)
  func recomputed(index: Int) throws {
    let prompt = prompts[index]
    var text = prompt
    for _ in 0..<20 { text.append(argmax(try checked.logits(PackedBatch([.init(text)])))) }
    #expect(try generate([prompt], limit: 20)[0] == Array(text.dropFirst(prompt.count)))
  }

  @Test("prompts of different lengths are continued together as alone")
  func batched() throws {
    let alone = try prompts.map { try generate([$0], limit: 20)[0] }
    #expect(try generate(prompts, limit: 20) == alone)
    #expect(Set(alone).count == prompts.count)
  }

  @Test("a sequence ends before its end token while the others go on")
  func endTokens() throws {
    let free = try generate(prompts, limit: 20)
    for end in [free[0][3], free[4][0]] {
      let expected = free.map { Array($0.prefix { $0 != end }) }
      #expect(try generate(prompts, limit: 20, end: [end]) == expected)
    }
  }

  @Test("a limit of no tokens gives none, and no prompts give no answers")
  func limits() throws {
    #expect(try generate(prompts, limit: 0) == prompts.map { _ in [] })
    #expect(try generate([], limit: 5) == [])
  }

  @Test("the context is filled to the last token and no further")
  func context() throws {
    let prompt = checked.tokens(250)
    #expect(try generate([prompt], limit: 6)[0].count == 6)
    for limit in [7, Int.max] {
      let error = #expect(throws: ModelError.self) { try generate([prompt], limit: limit) }
      #expect("\(try #require(error))".contains("the model's context holds 256"))
    }
  }

  @Test("a seed repeats its tokens, and another seed gives others")
  func seeds() throws {
    let texts = try [1, 1, 2].map {
      try generate(prompts, limit: 20, sampler: .nucleus(temperature: 1, topP: 1, seed: $0))
    }
    #expect(texts[0] == texts[1])
    #expect(texts[0] != texts[2])
  }

  @Test("a sequence's random choices do not depend on the prompts after it")
  func independence() throws {
    let sampler = Sampler.nucleus(temperature: 1, topP: 0.9, seed: 3)
    let alone = try generate([prompts[0]], limit: 20, sampler: sampler)[0]
    #expect(try generate(prompts, limit: 20, sampler: sampler)[0] == alone)
  }

  @Test(
    "a nucleus of one token is the most likely one, as is a temperature near zero",
    arguments: [
      Sampler.nucleus(temperature: 1, topP: 1e-9, seed: 4),
      .nucleus(temperature: 1e-5, topP: 1, seed: 5),
      .nucleus(temperature: 1e-300, topP: 1, seed: 6),
    ])
  func greedyLimits(sampler: Sampler) throws {
    let greedy = try generate(prompts, limit: 20)
    #expect(try generate(prompts, limit: 20, sampler: sampler) == greedy)
  }

  @Test(
    "tokens are drawn with the probabilities of softmax at a temperature, cut at top-p",
    arguments: [(0.5, 1.0), (1, 1), (2, 1), (1, 0.5), (2, 0.7)])
  func statistics(temperature: Double, topP: Double) throws {
    let (prompt, draws) = ([Int32(291)], 3000)
    let drawn = try generate(
      [[Int32]](repeating: prompt, count: draws), limit: 1,
      sampler: .nucleus(temperature: temperature, topP: topP, seed: 11))
    let expected = nucleus(checked.naive.logits(prompt)[0].map { $0 / temperature }, topP)
    let counts = Dictionary(grouping: drawn.map { $0[0] }, by: \.self).mapValues(\.count)
    for (token, p) in expected.enumerated() {
      // Five standard deviations of a binomial share; a rare token may come a few times.
      let allowed = 5 * (p * (1 - p) * Double(draws)).squareRoot() + (p > 0 ? 3 : 0)
      let count = Double(counts[Int32(token)] ?? 0)
      if abs(count - p * Double(draws)) > allowed {
        Issue.record("token \(token): \(count) of \(draws) draws, probability \(p)")
      }
    }
    #expect(counts.count > 1)
  }

  /// Returns the probabilities of the most likely tokens that add up to `topP`, 0 for the others.
  private func nucleus(_ logits: [Double], _ topP: Double) -> [Double] {
    let probabilities = softmax(logits)
    var (mass, kept) = (0.0, [Int]())
    for token in probabilities.indices.sorted(by: { probabilities[$0] > probabilities[$1] }) {
      if mass >= topP { break }
      mass += probabilities[token]
      kept.append(token)
    }
    var result = [Double](repeating: 0, count: logits.count)
    for token in kept { result[token] = probabilities[token] / mass }
    return result
  }
}
