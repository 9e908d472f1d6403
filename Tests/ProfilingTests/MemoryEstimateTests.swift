import FineTuning
import LanguageModels
import Profiling
import Testing

@Suite("Estimates")
struct MemoryEstimateTests {
  private func estimate(
    _ name: String, _ change: (inout StepSettings) -> Void
  ) throws -> MemoryEstimate {
    let model = try #require(KnownModel.named(name))
    var settings = StepSettings()
    change(&settings)
    return MemoryEstimate(
      model.configuration, parameterCount: model.parameterCount, fileBytes: 1,
      tokenizerEntries: 0, settings: settings)
  }

  @Test("A dense copy costs four bytes a weight, and nothing else depends on the mode")
  func dense() throws {
    let (virtual, dense) = try (
      estimate("datajuicer-1.3b") { $0.mode = .virtual },
      estimate("datajuicer-1.3b") { $0.mode = .dense }
    )
    #expect(dense.privateBytes - virtual.privateBytes == 4 * 1_345_423_360)
    #expect(virtual.bytes(.weights) == 0)
  }

  @Test("Activations of one layer, not of all: they grow with tokens and not with depth")
  func activations() throws {
    let one = try estimate("smollm2-1.7b") { $0.tokens = 100 }
    let two = try estimate("smollm2-1.7b") { $0.tokens = 200 }
    // By hand: rows of 3h + max(2q + 2k, f), the labelled rows of the last layer, the angles.
    #expect(
      one.bytes(.activations) == 8 * 100 * (3 * 2048 + 8192) + 8 * 99 * 2048 + 4 * 100 * 64)
    let ratio = Double(two.bytes(.activations)) / Double(one.bytes(.activations))
    #expect(abs(ratio - 2) < 0.01)
  }

  @Test("Answers keep the keys and values of every position, and nothing when there are none")
  func answers() throws {
    let model = "datajuicer-1.3b"
    #expect(try estimate(model) { $0.tokens = 64 }.bytes(.keyValueCache) == 0)
    let answering = try estimate(model) {
      ($0.tokens, $0.sequences, $0.answerTokens) = (64, 2, 100)
    }
    // By hand: f32 keys and values of 24 layers, 2048 wide, for the prompts and two answers.
    #expect(answering.bytes(.keyValueCache) == 8 * 24 * 2048 * (64 + 2 * 100))
  }

  @Test("Arithmetic is 4 T operations for a weight of the layers, and the peers need more memory")
  func workAndPeers() throws {
    let model = try #require(KnownModel.named("llama-2-7b"))
    var settings = StepSettings()
    settings.tokens = 64
    let work = StepWork(model.configuration, settings)
    let matrices = Double(model.parameterCount - 2 * 32000 * 4096 - 65 * 4096)
    #expect(work.layers == 4 * 64 * matrices && work.head == 4 * 63 * 32000 * 4096)
    let peers = PeerEstimate.all(
      model.configuration, parameterCount: model.parameterCount, tokens: 64)
    #expect(peers.map(\.bytes) == peers.map(\.bytes).sorted())
    #expect(peers[0].bytes > 4 * model.parameterCount)
  }
}
