import LanguageModels
import Tensors
import Testing
import Weights

@Suite("Wrong tensors and wrong tokens")
struct ModelErrorTests {
  private let configuration: ModelConfiguration
  private let parameters: [Parameter]

  init() throws {
    configuration = try .odd()
    parameters = ParameterMap.llama(configuration).parameters
  }

  /// Opens a model with the tensors that `change` leaves.
  private func open(_ change: (inout [Parameter]) -> Void) throws {
    var parameters = parameters
    change(&parameters)
    _ = try LanguageModel(
      configuration, parameters: ParameterMap(parameters), context: .test(threads: 1))
  }

  @Test("every tensor that is missing is named", arguments: 0..<30)
  func missing(index: Int) {
    let name = parameters[index].name
    #expect(throws: ModelError.missingTensor(name)) { try open { $0.remove(at: index) } }
  }

  @Test("every tensor of another shape is named with both shapes", arguments: 0..<30)
  func wrongShape(index: Int) {
    let (name, shape) = (parameters[index].name, parameters[index].shape)
    let other = shape.map { $0 + 1 }
    #expect(throws: ModelError.wrongShape(name, found: other, expected: shape)) {
      try open { $0[index] = Parameter(name: name, shape: other) }
    }
  }

  @Test("a vector is no matrix of one row")
  func rank() {
    let index = parameters.firstIndex { $0.name == "model.norm.weight" } ?? 0
    #expect(
      throws: ModelError.wrongShape("model.norm.weight", found: [1, 37], expected: [37])
    ) {
      try open { $0[index] = Parameter(name: "model.norm.weight", shape: [1, 37]) }
    }
  }

  @Test(
    "a tensor without a place in the architecture is named",
    arguments: [
      "model.layers.0.self_attn.q_proj.bias", "model.layers.1.mlp.experts.0.w1", "a", "zz.weight",
    ])
  func extra(name: String) throws {
    let error = #expect(throws: ModelError.self) {
      try open { $0.append(Parameter(name: name, shape: [60])) }
    }
    let text = "\(try #require(error))"
    #expect(text.contains("tensor is '\(name)'") && text.contains("3 layers"), "\(text)")
  }

  @Test("a model of more layers than the configuration says is refused")
  func extraLayer() throws {
    let error = #expect(throws: ModelError.self) {
      try open {
        $0.append(Parameter(name: "model.layers.3.mlp.up_proj.weight", shape: [101, 37]))
      }
    }
    #expect("\(try #require(error))".contains("'model.layers.3.mlp.up_proj.weight'"))
  }

  @Test("the largest sizes a configuration may have do not overflow")
  func largestSizes() throws {
    let limit = 1 << 24
    let largest = try ModelConfiguration(
      vocabularySize: limit, hiddenSize: 1 << 16, feedForwardSize: limit, layerCount: 1 << 16,
      headCount: 1 << 8, keyValueHeadCount: 1 << 8, headSize: 1 << 16, contextLength: 1 << 28,
      normEpsilon: 1e-5, ropeBase: 2, tiesEmbeddings: true)
    #expect(largest.parameters.elementCount > 1 << 57)
    #expect(throws: ModelError.self) {
      _ = try LanguageModel(
        largest, parameters: ParameterMap(parameters), context: .test(threads: 1))
    }
  }

  /// Sequences that no pass can take, and the error about each.
  static let wrongSequences: [(PackedBatch.Sequence, ModelError)] = [
    (.init([]), .emptySequence),
    (.init([3, 211, 1], labels: 1..<2), .tokenOutOfRange(211, vocabularySize: 211)),
    (.init([-1, 5], labels: 1..<2), .tokenOutOfRange(-1, vocabularySize: 211)),
    (.init([.max, 5], labels: 1..<2), .tokenOutOfRange(.max, vocabularySize: 211)),
    (.init([.min, 5], labels: 1..<2), .tokenOutOfRange(.min, vocabularySize: 211)),
    (
      .init([Int32](repeating: 1, count: 301), labels: 1..<2),
      .contextExceeded(length: 301, contextLength: 300)
    ),
  ]

  @Test(
    "an empty sequence, a token outside the vocabulary and a text beyond the context are refused",
    arguments: ModelErrorTests.wrongSequences)
  func sequences(sequence: PackedBatch.Sequence, expected: ModelError) throws {
    let checked = try CheckedModel.odd()
    let batch = PackedBatch([.init([1, 2], labels: 1..<2), sequence])
    #expect(throws: expected) {
      _ = try checked.model.losses(of: batch, weights: checked.weights)
    }
    #expect(throws: expected) { _ = try checked.logits(batch) }
  }

  @Test(
    "a prompt that is empty or has a token outside the vocabulary is refused",
    arguments: ModelErrorTests.wrongSequences.dropLast())
  func prompts(sequence: PackedBatch.Sequence, expected: ModelError) throws {
    let checked = try CheckedModel.odd()
    #expect(throws: expected) {
      _ = try checked.model.generate(
        prompts: [[1], sequence.tokens], limit: 1, endTokens: [], weights: checked.weights)
    }
  }
}
