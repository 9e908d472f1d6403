internal import Bytes
internal import CounterRandom
internal import FineTuning
public import Kernels
internal import LanguageModels
internal import SeedBasis
internal import SeedDescent
internal import Tensors
internal import Weights

/// What real steps on random tokens cost: memory by stages, time by phases, page faults.
///
/// Right in a process that has done nothing else: memory that was used once may stay in it.
public struct StepProfile: Sendable {
  /// Private memory that a part of the work added, in bytes.
  public struct Stage: Sendable, Equatable {
    /// The categories of ``MemoryEstimate`` that the part allocates.
    public let categories: [MemoryEstimate.Category]
    /// How much the peak of private memory rose.
    public let bytes: Int
  }

  /// What was measured after one step.
  public struct Step: Sendable, Equatable {
    /// Wall clock, in seconds.
    public let seconds: Double
    /// The loss, in nats; of two sides their mean.
    public let loss: Double
    /// Private and mapped memory after the step.
    public let memory: MemoryUsage
    /// Page faults that waited for the disk during the step.
    public let majorFaults: Int
  }

  /// The memory before the model is opened, then what each part added.
  public let stages: [Stage]
  /// All steps, in order; the first also reads the file and fills buffers.
  public let steps: [Step]
  /// The time of each phase in the last step, summed over threads, in seconds.
  public let phaseSeconds: [(phase: PhaseClock.Phase, seconds: Double)]
  /// The memory of the process after the last step.
  public let memory: ProcessMemory
  /// The peak of private memory, in bytes.
  public let peakPrivateBytes: Int
  /// The largest part of mapped files in RAM, in bytes.
  public let peakMappedBytes: Int
  /// Private writable memory that was reserved at the end: what a limit is compared with, in bytes.
  public let reservedBytes: Int

  /// Takes steps on the model at `path`.
  ///
  /// - Parameters:
  ///   - evicting: Whether the file is dropped from the page cache before each step, as if there were
  ///     no room for it.
  ///   - limit: Bytes of private memory, enforced as ``MemoryLimit`` explains.
  ///   - onStep: Called after each step.
  /// - Throws: What opening the model throws, ``ModelError`` if the tokens do not fit it.
  public static func run(
    path: String, settings: StepSettings, steps count: Int, evicting: Bool = false,
    limit: Int? = nil, onStep: (Step) -> Void = { _ in }
  ) throws -> StepProfile {
    let meter = MemoryMeter()
    let sampling = meter.startSampling(every: .milliseconds(5))
    defer { sampling.cancel() }
    var recorder = StageRecorder(meter: meter)
    try recorder.end([.runtime])
    let clock = PhaseClock()
    let context = ComputeContext(threads: Threads(settings.threads), clock: clock)
    let base = try LoadedModel.open(path: path, context: context)
    try recorder.end([.tokenizer])
    if let limit {
      multiplyOnce(on: context.threads)
      try MemoryLimit.set(bytes: limit)
    }
    var loop = try StepLoop(base, settings)
    if settings.mode == .dense {
      loop.makeCopy()
      try recorder.end([.weights])
    }
    var steps: [Step] = []
    for _ in 0..<count {
      if evicting { for file in base.store.files { file.evict() } }
      clock.reset()
      let faults = try ProcessMemory.current().majorFaults
      let start = ContinuousClock.now
      let loss = try loop.next()
      steps.append(
        Step(
          seconds: (ContinuousClock.now - start) / .seconds(1), loss: loss,
          memory: try meter.sample(),
          majorFaults: try ProcessMemory.current().majorFaults - faults))
      onStep(steps[steps.count - 1])
    }
    try recorder.end(MemoryEstimate.categories(of: settings.estimator))
    return StepProfile(
      stages: recorder.stages, steps: steps,
      phaseSeconds: PhaseClock.Phase.ofSteps.map {
        ($0, clock.duration(of: $0) / .seconds(1))
      }, memory: try .current(), peakPrivateBytes: meter.peakPrivateBytes,
      peakMappedBytes: meter.peakMappedBytes, reservedBytes: try MemoryLimit.reserved())
  }

  /// Makes every thread of a team multiply.
  ///
  /// So it has its stack, and has touched what products touch of OpenBLAS's buffers, before a limit is
  /// set.
  private static func multiplyOnce(on team: Threads) {
    team.forEach(8 * team.count) { _ in
      let matrix = Matrix(rows: 256, columns: 256)
      OpenBLAS.multiply(matrix, transposed: matrix, into: Matrix(rows: 256, columns: 256))
    }
  }
}

/// Attributes growth of the peak of private memory to parts of the work.
private struct StageRecorder {
  let meter: MemoryMeter
  var stages: [StepProfile.Stage] = []
  private var peak = 0

  init(meter: MemoryMeter) { self.meter = meter }

  mutating func end(_ categories: [MemoryEstimate.Category]) throws {
    try meter.sample()
    stages.append(
      StepProfile.Stage(categories: categories, bytes: meter.peakPrivateBytes - peak))
    peak = meter.peakPrivateBytes
  }
}

/// Full steps, one after the other, on one batch of random tokens.
private struct StepLoop {
  private let tuner: LocalTuner
  private let objective: LossObjective
  private let batch: TuningBatch
  private var state: TunerState

  init(_ base: LoadedModel, _ settings: StepSettings) throws {
    let basis = try SeedBasis(
      kind: settings.basis, seed: 1, candidateCount: settings.candidates)
    tuner = LocalTuner(
      estimator: settings.estimator, twoPoint: try TwoPointEstimator(epsilon: 1e-3),
      learningRate: try LearningRate(constant: 1e-6))
    objective = LossObjective(
      base: base, basis: basis, mode: settings.mode, storage: settings.storage,
      keeping: settings.recompute.keeping)
    state = TunerState(
      coefficients: Coefficients(candidateCount: settings.candidates),
      sampler: CandidateSampler(candidateCount: settings.candidates, seed: 1))
    // Where the sum of all directions is part of a step, it must not be zero.
    if settings.basis == .hadamard { try state.coefficients.add(1e-7, to: 0) }
    var tokens = RandomStream(seed: 1, tag: .syntheticData)
    let size = UInt64(base.model.configuration.vocabularySize)
    batch = TuningBatch(
      PackedBatch(
        settings.lengths.map { length in
          PackedBatch.Sequence(
            (0..<length).map { _ in Int32(tokens.next() % size) }, labels: 1..<length)
        }))
  }

  /// Makes the dense copy.
  func makeCopy() { objective.start(at: state.coefficients) }

  /// Takes a step and returns its mean loss, in nats.
  mutating func next() throws -> Double {
    try tuner.step(&state, on: objective, batch: batch).losses.mean
  }
}
