import FineTuning
import LanguageModels
import Profiling
import SeedDescent
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

  @Test("On the way back the inputs of all layers are there, and the activations of one or of all")
  func backward() throws {
    let shape = { (settings: inout StepSettings) in
      (settings.tokens, settings.estimator) = (100, .backprop)
    }
    let one = try estimate("smollm2-1.7b", shape)
    let all = try estimate("smollm2-1.7b") {
      shape(&$0)
      $0.recompute = .never
    }
    // By hand: 24 layers of width 2048 (h, q and k) and 8192 (f); 99 labels.
    #expect(one.bytes(.layerInputs) == 4 * 100 * 2048 * 24 + 4 * 99 * 2048)
    let row = 3 * 2048 + 2 * 2048 + 2 * 2048 + 2 * 8192
    #expect(one.bytes(.activations) == 4 * 100 * (row + 2048 + 8192 + 64))
    #expect(all.privateBytes - one.privateBytes == 4 * row * (100 * 22 + 99))
    // Eight parts of 100 × 8192: the second half of the feed-forward block has 32 tiles of 64 rows.
    #expect(
      one.bytes(.gradients) == 4 * 8 * 100 * 8192 + 4 * 100 * 2048 + 8 * 99 * 2048)
  }

  @Test("Partial sums of more than 32 MiB are fewer, and what belongs to K grows with K alone")
  func growth() throws {
    let long = try estimate("smollm2-1.7b") { ($0.tokens, $0.estimator) = (512, .backprop) }
    // Two parts of 512 × 8192, 33.5 MB; those of 512 × 2048 are eight.
    #expect(long.bytes(.gradients) == 4 * 8 * 512 * 2048 + 4 * 512 * 2048 + 8 * 511 * 2048)
    let many = try estimate("smollm2-1.7b") {
      ($0.tokens, $0.estimator, $0.candidates) = (512, .backprop, 65536)
    }
    let difference = many.bytes(.coefficients) - long.bytes(.coefficients)
    #expect(difference == 104 * (65536 - 4096))
    #expect(many.bytes(.optimizer) == 60 * 65536)
  }

  @Test("The work of a step along all directions is that of four passes, or of three")
  func backpropWork() throws {
    let model = try #require(KnownModel.named("llama-2-7b"))
    var settings = StepSettings()
    (settings.tokens, settings.estimator) = (64, .backprop)
    let again = StepWork(model.configuration, settings)
    settings.recompute = .never
    let kept = StepWork(model.configuration, settings)
    let matrices = Double(model.parameterCount - 2 * 32000 * 4096 - 65 * 4096)
    let head = Double(32000 * 4096)
    #expect(kept.layers == 6 * 64 * matrices && kept.head == 8 * 63 * head)
    #expect(kept.loads == 2 * matrices + 2 * head)
    #expect(kept.projections == Double(model.parameterCount))
    // 31 of 32 layers, without the second half of their feed-forward blocks.
    let repeated = 31.0 / 32 * (matrices - 32 * 4096 * 11008)
    #expect(abs(again.layers - kept.layers - 2 * 64 * repeated) < 1e-9 * kept.layers)
    #expect(abs(again.loads - kept.loads - repeated) < 1e-9 * kept.loads)
    // Of 64 · 65 / 2 pairs: 2 products forward and 5 back, and again 2 in 31 layers.
    let pairs = Double(64 * 65 / 2 * 4096)
    #expect(kept.attention == 14 * 32 * pairs)
    #expect(abs(again.attention - kept.attention - 4 * 31 * pairs) < 1)
  }

  @Test("Time adds up what the work costs, and projecting is part of it")
  func time() throws {
    let model = try #require(KnownModel.named("smollm2-135m"))
    var settings = StepSettings()
    (settings.estimator, settings.threads) = (.backprop, 2)
    let speed = MachineSpeed(gigaflops: 100, bandwidth: 20)
    let work = StepWork(model.configuration, settings)
    let time = TimeEstimate(model.configuration, settings: settings, speed: speed)
    // 20 bytes' passes at 20 GB/s are a nanosecond a weight.
    #expect(abs(time.projection - work.projections * 1e-9 / 2) < 1e-12)
    #expect(abs(time.weights - work.loads * 1e-9 / 2) < 1e-12)
    #expect(abs(time.products - work.total / 200e9) < 1e-12)
    settings.estimator = .twoSided
    #expect(
      TimeEstimate(model.configuration, settings: settings, speed: speed).projection == 0)
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
