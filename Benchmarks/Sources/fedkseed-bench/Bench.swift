internal import FineTuning
internal import Foundation
internal import Kernels
internal import LanguageModels
internal import SeedBasis
internal import SeedDescent
internal import Synchronization
internal import Tensors
internal import Weights
internal import Workloads

/// Carries requests out, and keeps open models and running step loops between them.
final class Bench {
  private var models: [String: LoadedModel] = [:]
  private var stores: [String: WeightStore] = [:]
  private var loops: [String: StepLoop] = [:]

  func measure(_ request: Request) throws -> Measurement {
    switch request.task {
    case .forward: try forward(request)
    case .step: try step(request)
    case .clients: try clients(request)
    case .prompt: try prompt(request)
    case .decode: try decode(request)
    case .replay: try replay(request)
    case .project: try project(request)
    case .sgemm: try products(request)
    case .copy: copy(request)
    case .memory: try memory(request)
    case .export: try export(request)
    case .describe: describe()
    }
  }

  /// Runs `body` once more than asked if `isNew`, and returns the times of the last runs.
  private func timed(
    _ request: Request, isNew: Bool = false, _ body: () throws -> Double
  ) rethrows -> Measurement {
    var measurement = Measurement()
    if isNew { measurement.value = try body() }
    for _ in 0..<(request.repeats ?? 1) {
      let start = ContinuousClock.now
      measurement.value = try body()
      measurement.seconds.append((ContinuousClock.now - start) / .seconds(1))
    }
    return measurement
  }

  private func forward(_ request: Request) throws -> Measurement {
    let base = try model(request)
    let batch = Texts.batch(
      request.tokens ?? 64, vocabularySize: base.model.configuration.vocabularySize)
    return try timed(request) {
      let losses = try base.model.losses(of: batch, weights: weights(request))
      return losses.reduce(0) { $0 + $1.mean } / Double(losses.count)
    }
  }

  private func step(_ request: Request) throws -> Measurement {
    let key =
      "\(request.model ?? "") \(threads(request)) \(request.basis ?? .hadamard) "
      + "\(request.mode ?? .virtual) \(request.storage ?? .f32) \(request.tokens ?? 64) "
      + "\(request.candidates ?? 4096) \(request.estimator ?? .twoSided) "
      + "\(request.recompute ?? .always)"
    let isNew = loops[key] == nil
    var loop = try loops[key] ?? stepLoop(request, on: model(request))
    defer { loops[key] = loop }
    // The first two steps of a dense copy differ from the rest: one makes it, one has no update.
    if isNew { _ = try loop.next() }
    return try timed(request, isNew: isNew) { try loop.next() }
  }

  private func stepLoop(_ request: Request, on base: LoadedModel) throws -> StepLoop {
    try StepLoop(
      base, request.basis ?? .hadamard, mode: request.mode ?? .virtual,
      storage: request.storage ?? .f32, tokenCount: request.tokens ?? 64,
      candidates: request.candidates ?? 4096, estimator: request.estimator ?? .twoSided,
      recompute: request.recompute == .never ? .never : .always)
  }

  private func project(_ request: Request) throws -> Measurement {
    let projection = Projection(
      weightCount: request.count ?? 1 << 20, candidates: request.candidates ?? 4096)
    guard try projection.isCorrect(projection.run()) else {
      throw BenchError(description: "a projection gives a wrong sum")
    }
    var measurement = timed(request) { Double(projection.run()[0, 0]) }
    measurement.work = Double(projection.weightCount)
    return measurement
  }

  private func clients(_ request: Request) throws -> Measurement {
    let base = try model(request, threads: 1)
    let (basis, tokens) = (request.basis ?? .hadamard, request.tokens ?? 64)
    let team = Threads(threads(request))
    return timed(request, isNew: true) {
      let losses = Mutex(0.0)
      team.forEach(request.count ?? 2) { _ in
        // A client that fails leaves a sum that is not a number.
        var loop = try? StepLoop(base, basis, mode: .virtual, tokenCount: tokens)
        let loss = try? loop?.run(steps: 3)
        losses.withLock { $0 += loss ?? .nan }
      }
      return losses.withLock { $0 }
    }
  }

  private func prompt(_ request: Request) throws -> Measurement {
    let base = try model(request)
    let size = base.model.configuration.vocabularySize
    let batch = PackedBatch([
      PackedBatch.Sequence(Texts.tokens(request.tokens ?? 256, vocabularySize: size))
    ])
    return try timed(request) {
      let logits = try base.model.logits(of: batch, weights: weights(request)).elements
      return Double(logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 })
    }
  }

  private func decode(_ request: Request) throws -> Measurement {
    let base = try model(request)
    let size = base.model.configuration.vocabularySize
    let prompts = (0..<(request.count ?? 32)).map {
      Texts.tokens(32, from: 32 * $0, vocabularySize: size)
    }
    return try timed(request) {
      let texts = try base.model.generate(
        prompts: prompts, limit: request.tokens ?? 64, endTokens: [], weights: weights(request))
      return Double(texts.reduce(0) { $0 + $1.count })
    }
  }

  private func replay(_ request: Request) throws -> Measurement {
    let set = request.instructionSet.flatMap(InstructionSet.init(rawValue:)) ?? .best
    guard set.isAvailable else { throw BenchError(description: "no \(set) here") }
    let replay = try Replay(
      request.basis ?? .hadamard, weightCount: request.count ?? 1 << 20,
      candidates: request.candidates ?? 4096, instructionSet: set)
    guard try replay.isCorrect(replay.run()) else {
      throw BenchError(description: "replay gives a wrong sum")
    }
    var measurement = timed(request) { Double(replay.run()[0, 0]) }
    measurement.work = Double(replay.weightCount)
    return measurement
  }

  private func copy(_ request: Request) -> Measurement {
    // 2 · 256 MiB: eight times the largest common L3 cache.
    let source = Matrix(rows: 256, columns: 1 << 18)
    let target = Matrix(rows: 256, columns: 1 << 18)
    let team = Threads(threads(request))
    var measurement = timed(request, isNew: true) {
      team.forEach(source.rowCount) {
        target.rows($0..<$0 + 1).copyElements(from: source.rows($0..<$0 + 1))
      }
      return 0
    }
    measurement.work = Double(2 * source.rowCount * source.columnCount * MemoryLayout<Float>.size)
    return measurement
  }

  private func export(_ request: Request) throws -> Measurement {
    let out = request.out ?? ""
    guard !FileManager.default.fileExists(atPath: out) else { return Measurement() }
    try model(request).export(
      coefficients: Coefficients(candidateCount: 4096), basis: .benchmark(.hadamard), to: out,
      elementType: ElementType(rawValue: request.elementType ?? "f32") ?? .f32)
    return Measurement()
  }

  private func describe() -> Measurement {
    Measurement(
      facts: [
        "OpenBLAS core": OpenBLAS.coreName, "OpenBLAS": OpenBLAS.configuration,
        "instruction set": InstructionSet.best.rawValue,
        "model": URL(filePath: Models.path).lastPathComponent,
      ])
  }

  private func threads(_ request: Request) -> Int { request.threads ?? 1 }

  func model(_ request: Request, threads: Int? = nil) throws -> LoadedModel {
    let path = request.model ?? Models.path
    let threads = threads ?? self.threads(request)
    if let model = models["\(threads) \(path)"] { return model }
    let model = try LoadedModel.open(path: path, context: ComputeContext(threads: Threads(threads)))
    models["\(threads) \(path)"] = model
    return model
  }

  private func weights(_ request: Request) throws -> WeightStore {
    guard let path = request.weights else { return try model(request).store }
    let store = try stores[path] ?? WeightStore.open(path: path)
    stores[path] = store
    return store
  }

  /// Measures OpenBLAS with threads of its own, which our passes never use: alone in its process.
  private func products(_ request: Request) throws -> Measurement {
    let shapes = try ModelConfiguration(WeightStore.open(path: request.model ?? Models.path))
    OpenBLAS.useThreads(threads(request))
    return Products(shapes, request).measure()
  }
}
