import Foundation
import Kernels
import LanguageModels
import Tensors
import TestSupport
import Testing
import Weights

@Suite("Synthetic models")
struct SyntheticModelTests {
  private let folder: ModelFolder
  private let configuration: ModelConfiguration

  init() throws {
    folder = try ModelFolder()
    configuration = try ModelConfiguration(
      configurationFile: RealInputs.tinyLlama + "/config.json")
  }

  private func write(_ type: ElementType, seed: UInt64 = 1, threads: Int = 1) throws -> WeightStore
  {
    let path = "\(folder.path)/\(type)-\(seed)-\(threads).gguf"
    try SyntheticModel(configuration, name: "tiny", seed: seed)
      .write(to: path, as: type, threads: Threads(threads))
    return try WeightStore.open(path: path)
  }

  @Test(
    "A model of every type opens, and its loss is finite and near that of a blind guess",
    arguments: ElementType.allCases.filter(\.isStorable))
  func lossIsNearBlindGuess(type: ElementType) throws {
    let store = try write(type)
    let opened = try ModelConfiguration(store)
    #expect(opened == configuration)
    let model = try LanguageModel(
      opened, parameters: store.parameters,
      context: ComputeContext(instructionSet: .best, threads: Threads(2)))
    let batch = PackedBatch([
      PackedBatch.Sequence((0..<64).map { Int32($0 * 37 % 384) }, labels: 1..<64)
    ])
    let loss = try model.losses(of: batch, weights: store)[0].mean
    // Logits have a deviation of about 0.02 √64 = 0.16.
    #expect(abs(loss - log(384)) < 0.2, "\(loss)")
  }

  @Test("The file holds the weights that the source makes, and their deviation is 0.02")
  func holdsTheSource() throws {
    let store = try write(.f32, seed: 7)
    let source = SyntheticWeights(parameters: store.parameters, seed: 7)
    let names = ["model.layers.1.self_attn.k_proj.weight", "model.norm.weight"]
    for name in names {
      let tensor = try #require(store.parameters.index(of: name))
      let parameter = store.parameters[tensor]
      let values = ([store, source] as [any WeightSource]).map { weights in
        let rows = Matrix(rows: parameter.rowCount, columns: parameter.columnCount)
        weights.load(0..<parameter.rowCount, of: tensor, into: rows)
        return rows.elements
      }
      #expect(values[0] == values[1], "\(name)")
    }
    let embedding = Matrix(rows: 384, columns: 64)
    let tensor = try #require(store.parameters.index(of: "model.embed_tokens.weight"))
    source.load(0..<384, of: tensor, into: embedding)
    let squares = embedding.elements.reduce(0.0) { $0 + Double($1 * $1) }
    // Five standard errors of the deviation of n uniform numbers.
    let n = 384.0 * 64
    #expect(abs((squares / n).squareRoot() / 0.02 - 1) < 5 * (0.2 / n).squareRoot())
  }

  @Test("The same seed gives the same file with any number of threads, another seed another")
  func repeats() throws {
    let files = try [(1, 1), (1, 2), (2, 1)].map { seed, threads in
      try write(.q4_0, seed: UInt64(seed), threads: threads).identity()
    }
    #expect(files[0] == files[1] && files[0] != files[2])
  }
}
