import Foundation
import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

/// A model and its weights, opened for a test.
struct OpenedModel {
  let store: WeightStore
  let model: LanguageModel

  init(_ path: String, instructionSet: InstructionSet = .best, threads: Int = 2) throws {
    let context = ComputeContext(instructionSet: instructionSet, threads: Threads(threads))
    store = try WeightStore.open(path: path, context: context)
    model = try LanguageModel(
      ModelConfiguration(store), parameters: store.parameters, context: context)
  }

  /// Returns the logits after every token.
  func logits(_ tokens: [Int32]) throws -> Matrix {
    try model.logits(
      of: PackedBatch([.init(tokens)]), rows: Array(tokens.indices), weights: store)
  }

  func greedy(_ tokens: [Int32], limit: Int, end: Set<Int32> = []) throws -> [Int32] {
    try model.generate(prompts: [tokens], limit: limit, endTokens: end, weights: store)[0]
  }

  /// How far logits may be from those of another f32 implementation.
  ///
  /// Rounding errors that behave like independent random variables grow with the square root of
  /// their number, times a constant that bounds the tail (Higham and Mary 2019, A New Approach to
  /// Probabilistic Rounding Error Analysis; 8 is beyond any realistic draw): two sums of
  /// `feedForwardSize` terms in each layer, on values of the size of the logits.
  func tolerance(logits norm: Double, count: Int) -> Double {
    let c = model.configuration
    let roundings = Double(2 * c.layerCount * c.feedForwardSize)
    return 8 * Double(Float.ulpOfOne / 2) * roundings.squareRoot() * norm
      / Double(count).squareRoot()
  }
}

func argmax(_ row: Matrix) -> Int32 {
  let values = row.elements
  return Int32(values.indices.max { values[$0] < values[$1] } ?? 0)
}

/// Values that `transformers` computed in f32 for SmolLM2-135M-Instruct.
private struct SmolLM2Reference: Decodable {
  struct Case: Decodable {
    let weights: String
    let text: String?
    let ids: [Int32]?
    let argmax: [Int32]?
    let last_logits_first16: [Double]?
    let logits_l2: Double?
    let greedy16_ids: [Int32]?
    let prompt_ids: [Int32]?
    let response_ids: [Int32]?
    let per_token_loss: [Double]?
    let mean_loss: Double?
  }
  let cases: [Case]

  static func read() throws -> [Case] {
    let path = try #require(RealInputs.shared("reference/smollm2_reference.json"))
    return try RealInputs.json(path, as: Self.self).cases.filter { $0.weights.hasPrefix("f32") }
  }
}

@Suite(
  "SmolLM2-135M against transformers in f32",
  .enabled(if: RealInputs.isPresent(RealInputs.smolLM2, RealInputs.noModel), "needs the model"),
  .enabled(
    if: RealInputs.isPresent(RealInputs.shared("reference"), RealInputs.noSharedData),
    "needs ../shared/data"))
struct SmolLM2Tests {
  @Test("logits, most likely tokens and greedy continuations agree", arguments: 0..<3)
  func logits(_ index: Int) throws {
    let opened = try OpenedModel(#require(RealInputs.smolLM2))
    let reference = try SmolLM2Reference.read()[index]
    let ids = try #require(reference.ids)
    let logits = try opened.logits(ids)
    let last = logits.rows(ids.count - 1..<ids.count)

    #expect(ids.indices.map { argmax(logits.rows($0..<$0 + 1)) } == reference.argmax)
    // The norm in the file is that of all rows' logits.
    let norm = try #require(reference.logits_l2)
    let tolerance = opened.tolerance(logits: norm, count: ids.count * last.columnCount)
    let difference =
      zip(last.elements, try #require(reference.last_logits_first16))
      .map { abs(Double($0) - $1) }.max() ?? .infinity
    // The file has five decimals.
    #expect(difference <= tolerance + 5e-6, "largest difference \(difference)")
    let found = logits.elements.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs(found - norm) <= tolerance * Double(logits.elements.count).squareRoot())
    #expect(
      try opened.greedy(ids, limit: 16, end: [2]) == reference.greedy16_ids?.filter { $0 != 2 })
  }

  @Test("the loss of a response is that of its tokens and the end token")
  func responseLoss() throws {
    let opened = try OpenedModel(#require(RealInputs.smolLM2))
    let reference = try #require(try SmolLM2Reference.read().first { $0.mean_loss != nil })
    let prompt = try #require(reference.prompt_ids)
    let response = try #require(reference.response_ids)
    let sequence = PackedBatch.Sequence(
      prompt + response, labels: prompt.count..<prompt.count + response.count)
    let loss = try opened.model.losses(of: PackedBatch([sequence]), weights: opened.store)[0]
    let expected = try #require(reference.mean_loss)
    // A loss differs by at most twice what the logits differ by.
    let tolerance = 2 * opened.tolerance(logits: 15, count: 1)
    #expect(abs(loss.mean - expected) <= tolerance, "\(loss.mean) instead of \(expected)")
    #expect(loss.labelCount == response.count)
  }
}

/// Values that `transformers` computed for the stories260K model.
private struct StoriesReference: Decodable {
  let prompt_ids: [Int32]
  let last_logits_first16: [Double]
  let argmax_per_pos: [Int32]
  let logits_l2: Double
  let greedy_200_ids: [Int32]
  let loss_ids: [Int32]
  let loss_mean_next_token: Double
}

@Suite(
  "stories260K against transformers in f32",
  .enabled(
    if: RealInputs.isPresent(RealInputs.shared("stories260K-hf"), RealInputs.noSharedData),
    "needs ../shared/data"))
struct StoriesTests {
  private let folder: String
  private let reference: StoriesReference

  init() throws {
    folder = try #require(RealInputs.shared("stories260K-hf"))
    reference = try RealInputs.json(folder + "/reference.json", as: StoriesReference.self)
  }

  @Test("logits and losses agree on every instruction set", arguments: InstructionSet.available)
  func logits(_ instructionSet: InstructionSet) throws {
    let opened = try OpenedModel(folder, instructionSet: instructionSet)
    let ids = reference.prompt_ids
    let logits = try opened.logits(ids)
    let tolerance = opened.tolerance(
      logits: reference.logits_l2, count: ids.count * logits.columnCount)
    let difference =
      zip(
        logits.rows(ids.count - 1..<ids.count).elements, reference.last_logits_first16
      ).map { abs(Double($0) - $1) }.max() ?? .infinity
    #expect(difference <= tolerance, "largest difference \(difference)")
    #expect(ids.indices.map { argmax(logits.rows($0..<$0 + 1)) } == reference.argmax_per_pos)

    let text = reference.loss_ids
    let batch = PackedBatch([.init(text, labels: 1..<text.count)])
    let loss = try opened.model.losses(of: batch, weights: opened.store)[0].mean
    #expect(abs(loss - reference.loss_mean_next_token) <= 2 * tolerance + 1e-6)
  }

  @Test("200 greedy tokens agree")
  func greedy() throws {
    let opened = try OpenedModel(folder)
    let new = try opened.greedy(reference.prompt_ids, limit: 200)
    #expect(reference.prompt_ids + new == reference.greedy_200_ids)
  }
}
