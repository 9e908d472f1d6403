import Foundation
import LanguageModels
import TestSupport
import Testing

@Suite("Known models")
struct KnownModelTests {
  /// The file of a model in `Models`.
  private struct Record: Decodable, Equatable {
    var hiddenSize, intermediateSize, numHiddenLayers, numAttentionHeads: Int
    var numKeyValueHeads, headDim, vocabSize, maxPositionEmbeddings: Int
    var rmsNormEps, ropeTheta: Float
    var tieWordEmbeddings, attentionBias: Bool
    var _source: String
    var _parameters: Int

    static func read(_ name: String) throws -> Record {
      let path = try #require(RealInputs.model("\(name).json"), "no Models/\(name).json")
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Record.self, from: Data(contentsOf: URL(filePath: path)))
    }
  }

  @Test(
    "The table agrees with the file in Models, and the shapes add up to the published count",
    arguments: KnownModel.all.map(\.name))
  func agrees(name: String) throws {
    let model = try #require(KnownModel.named(name))
    let record = try Record.read(name)
    let c = model.configuration
    var found = record
    (found.hiddenSize, found.intermediateSize) = (c.hiddenSize, c.feedForwardSize)
    (found.numHiddenLayers, found.numAttentionHeads) = (c.layerCount, c.headCount)
    (found.numKeyValueHeads, found.headDim) = (c.keyValueHeadCount, c.headSize)
    (found.vocabSize, found.maxPositionEmbeddings) = (c.vocabularySize, c.contextLength)
    (found.rmsNormEps, found.ropeTheta) = (c.normEpsilon, c.ropeBase)
    (found.tieWordEmbeddings, found.attentionBias) = (
      c.tiesEmbeddings, !c.biases.isEmpty
    )
    found._parameters = model.parameterCount
    #expect(found == record)
    #expect(record._source.hasPrefix("https://"))
  }

  @Test("Every configuration in Models is in the table, and no name is there twice")
  func isComplete() throws {
    let folder = try #require(RealInputs.model(""))
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
    #expect(files.sorted() == KnownModel.all.map(\.name).sorted())
  }

  @Test("A configuration file of a Llama is read as the table has it")
  func readsFile() throws {
    let path = try #require(RealInputs.model("openllama-3b.json"))
    let known = try #require(KnownModel.named("openllama-3b"))
    #expect(try ModelConfiguration(configurationFile: path) == known.configuration)
  }

  @Test("A configuration of more layers than memory has room for is a typed error")
  func refusesHugeConfiguration() throws {
    let folder = try ModelFolder()
    _ = try folder.configuration(setting: "torch_dtype", to: "1")
    let path = folder.path + "/config.json"
    let text = try String(contentsOfFile: path, encoding: .utf8)
      .replacing("\"num_hidden_layers\":2", with: "\"num_hidden_layers\":2147483647")
    try Data(text.utf8).write(to: URL(filePath: path))
    let error = #expect(throws: ModelError.self) {
      try ModelConfiguration(configurationFile: path)
    }
    #expect(error?.description.contains("layer count is 2147483647") == true)
  }
}
