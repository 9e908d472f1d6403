import Kernels
import SeedBasis
import Tensors
import Testing
import Weights

@Suite("Parameters that move")
struct ParameterPatternTests {
  @Test(
    "a pattern matches whole names",
    arguments: [
      ("*", "model.norm.weight", true), ("model.norm.weight", "model.norm.weight", true),
      ("model.norm", "model.norm.weight", false), ("norm.*", "model.norm.weight", false),
      ("*norm*", "model.layers.3.input_layernorm.weight", true),
      ("model.layers.?.mlp.*", "model.layers.3.mlp.up_proj.weight", true),
      ("model.layers.?.mlp.*", "model.layers.13.mlp.up_proj.weight", false),
      ("model.layers.1*.mlp.*", "model.layers.13.mlp.up_proj.weight", true),
      ("a,*b*,c", "abc", true), ("a,*b,c", "abc", false), ("a?c", "ac", false),
      ("**a**", "a", true), ("*ab*ab*ab*", "aababa", false), ("*ab*ab*", "xabxabx", true),
      ("?*", "", false), ("*", "", true), ("[a-z]", "a", false), ("a.c", "abc", false),
    ])
  func matching(pattern: String, name: String, expected: Bool) throws {
    #expect(try ParameterPattern(pattern).matches(name) == expected)
  }

  @Test("a pattern made to backtrack does not take long")
  func backtracking() throws {
    let pattern = try ParameterPattern(String(repeating: "*a", count: 1000) + "b")
    let clock = ContinuousClock()
    let time = clock.measure {
      #expect(!pattern.matches(String(repeating: "a", count: 5000)))
    }
    #expect(time < .seconds(5))
  }

  @Test(
    "what is no pattern is refused",
    arguments: ["", ",", "a,,b", "a,", "a b", "ä", "a\n", String(repeating: "a", count: 4097)])
  func refusals(text: String) {
    #expect(throws: SeedBasisError.badPattern(String(text.prefix(80)))) {
      try ParameterPattern(text)
    }
  }

  @Test(
    "only the tensors of the pattern move, by the bits of the whole basis, on both sides",
    arguments: BasisKind.allCases)
  func selection(kind: BasisKind) throws {
    let source = WeightSourceTests.source
    let all = try WeightSourceTests.basis(kind)
    let some = try SeedBasis(
      kind: kind, seed: 11, candidateCount: 64, parameters: ParameterPattern("tensor1,*3"))
    let coefficients = try WeightSourceTests.coefficients()
    let perturbation = Perturbation(candidate: 5, epsilon: 0.25)
    let weights = [all, some].map { basis in
      CombinedWeights(base: source, basis: basis, coefficients: coefficients)
        .perturbed(by: perturbation)
    }
    // In bfloat16 a copy of a tensor that does not move would differ from it.
    let dense = DenseWeights(
      copying: source, basis: some, coefficients: coefficients, storage: .bf16,
      context: ComputeContext(threads: Threads(2)))
    dense.update(along: 3, by: 0.5)
    for tensor in 0..<source.parameters.count {
      let rows = 0..<source.parameters[tensor].rowCount
      let tiles = weights.map { $0.tile(rows, of: tensor) }
      if [1, 3].contains(tensor) {
        #expect(tiles[1].plus.bits == tiles[0].plus.bits)
        #expect(tiles[1].minus.bits == tiles[0].minus.bits)
        #expect(dense.bits(of: tensor) != source.bits(of: tensor))
      } else {
        #expect(tiles[1].plus.bits == source.bits(of: tensor))
        #expect(tiles[1].minus.bits == source.bits(of: tensor))
        #expect(dense.bits(of: tensor) == source.bits(of: tensor))
      }
    }
  }

  @Test("a checkpoint keeps the pattern, in a version that older readers refuse")
  func checkpoint() throws {
    let whole = try SeedCheckpointTests.checkpoint()
    let basis = try SeedBasis(
      kind: .hadamard, seed: .max, candidateCount: 8, parameters: ParameterPattern("*norm*,a"))
    let checkpoint = SeedCheckpoint(
      baseHash: whole.baseHash, parameterMapHash: whole.parameterMapHash, basis: basis,
      coefficients: whole.coefficients, history: whole.history)
    let bytes = try checkpoint.encoded()
    #expect(try decode(bytes) == checkpoint)
    let wholeBytes = try whole.encoded()
    #expect(bytes[8] == 2 && wholeBytes[8] == 1)
    #expect(String(decoding: bytes, as: UTF8.self).contains(#","parameters":"*norm*,a","rounds""#))
  }
}
