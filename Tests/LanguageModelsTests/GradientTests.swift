import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

/// Autograd's gradients of the mean loss of the examples, by `Models/tiny-llama/gradients.py`.
private struct GradientReference: Decodable {
  let loss: Double
  let gradients: [String: GradientSample]
}

private struct Examples: Decodable {
  struct Example: Decodable {
    let prompt_ids: [Int32]
    let response_ids: [Int32]
  }
  let examples: [Example]

  var batch: PackedBatch {
    PackedBatch(
      examples.map {
        .init(
          $0.prompt_ids + $0.response_ids,
          labels: $0.prompt_ids.count..<$0.prompt_ids.count + $0.response_ids.count)
      })
  }
}

@Suite("Gradients of all weights")
struct GradientTests {
  @Test("they are autograd's", arguments: ["", "/untied-bf16"], BackwardPass.Keeping.allCases)
  func reference(folder: String, keeping: BackwardPass.Keeping) throws {
    let path = RealInputs.tinyLlama + folder
    let opened = try OpenedModel(path)
    let batch = try RealInputs.json(path + "/expected.json", as: Examples.self).batch
    let reference = try RealInputs.json(path + "/gradients.json", as: GradientReference.self)
    let gradient = WholeGradient(opened.store.parameters)
    let losses = try opened.model.losses(
      of: batch, weights: opened.store, gradients: gradient, keeping: keeping,
      derivative: meanDerivative)
    let loss = losses.reduce(0) { $0 + $1.mean } / Double(losses.count)
    #expect(abs(loss - reference.loss) <= 1e-5 * reference.loss)
    #expect(reference.gradients.count == opened.store.parameters.count)
    // Some 20 products behind each other on both sides, each a sum of at most 384 terms of which each
    // rounding errs by half an ulp of 2^-24: errors of independent roundings add up as a root.
    let tolerance = 2 * 20 * 384.0.squareRoot() * 0x1p-24
    for (tensor, parameter) in opened.store.parameters.parameters.enumerated() {
      let expected = try #require(reference.gradients[parameter.name])
      expected.check(gradient.values(of: tensor), tolerance, parameter.name)
    }
  }

  @Test("they are the same bits for any number of threads, and whatever is kept")
  func repeats() throws {
    let configuration = try ModelConfiguration.odd(tied: true)
    let weights = ExplicitWeights(configuration.parameters, scale: 0.3, seed: 5)
    let batch = PackedBatch(
      (0..<3).map {
        .init(randomTokens(20 + 9 * $0, below: 211, seed: UInt64($0 + 1)), labels: 7..<18)
      })
    let results = try [(1, BackwardPass.Keeping.inputs), (3, .inputs), (2, .everything)].map {
      threads, keeping in
      let model = try LanguageModel(
        configuration, parameters: weights.parameters,
        context: ComputeContext(threads: Threads(threads)))
      let gradient = WholeGradient(weights.parameters)
      let losses = try model.losses(
        of: batch, weights: weights, gradients: gradient, keeping: keeping,
        derivative: meanDerivative)
      #expect(losses == (try model.losses(of: batch, weights: weights)))
      return (0..<weights.parameters.count).map { gradient.values(of: $0).map(\.bitPattern) }
    }
    #expect(results[0] == results[1])
    #expect(results[0] == results[2])
  }

  @Test("a shared prefix has the gradient of whole texts")
  func prefix() throws {
    let configuration = try ModelConfiguration.odd()
    let weights = ExplicitWeights(configuration.parameters, scale: 0.3, seed: 6)
    let model = try LanguageModel(
      configuration, parameters: weights.parameters, context: ComputeContext(threads: Threads(2)))
    let prompt = randomTokens(30, below: 211, seed: 9)
    let options = (0..<3).map { randomTokens(4 + $0, below: 211, seed: UInt64(20 + $0)) }
    let shared = PackedBatch([PromptContinuations(prompt: prompt, continuations: options)])
    let whole = PackedBatch(options.map { .init(prompt + $0, labels: 30..<30 + $0.count) })
    let gradients = try [shared, whole].map { batch in
      let gradient = WholeGradient(weights.parameters)
      _ = try model.losses(of: batch, weights: weights, gradients: gradient) { losses in
        losses.map { $0.labelCount == 0 ? 0 : 1 / Double($0.labelCount) }
      }
      return gradient
    }
    for tensor in 0..<weights.parameters.count {
      let (a, b) = (gradients[0].values(of: tensor), gradients[1].values(of: tensor))
      let norm = b.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let difference = zip(a, b).map { abs(Double($0) - Double($1)) }.max() ?? 0
      // As above: three layers, sums of at most 211 terms.
      #expect(
        difference <= 2 * 30 * 211.0.squareRoot() * 0x1p-24 * norm,
        "\(weights.parameters[tensor].name)")
    }
  }
}
