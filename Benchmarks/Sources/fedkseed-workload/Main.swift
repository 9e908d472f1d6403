internal import FineTuning
internal import Kernels
internal import LanguageModels
internal import SeedBasis
internal import SeedDescent
internal import Tensors
internal import Workloads

/// Does one named piece of work, on one thread: what scripts/check-instructions counts.
///
/// No clock, no progress and no reading of memory disturbs the count, unlike in the tool itself.
@main
struct Main {
  /// Everything has an AVX2 kernel, and valgrind knows no AVX-512.
  private static let instructionSet = InstructionSet.avx2

  static func main() throws {
    let name = CommandLine.arguments.dropFirst().joined(separator: " ")
    switch name {
    case "forward": try forward()
    case "step hadamard virtual": try step(.hadamard, .virtual)
    case "step rademacher dense": try step(.rademacher, .dense)
    case "step gaussian dense": try step(.gaussian, .dense)
    case "step backprop": try step(.hadamard, .virtual, .backprop)
    case "project hadamard": try project(weightCount: 1 << 22)
    case "replay hadamard": try replay(.hadamard, weightCount: 1 << 22)
    case "replay rademacher": try replay(.rademacher, weightCount: 1 << 13)
    case "replay gaussian": try replay(.gaussian, weightCount: 1 << 12)
    default: throw WorkloadError(description: "'\(name)' is no workload")
    }
  }

  private static func model() throws -> LoadedModel {
    try LoadedModel.open(
      path: Models.tinyPath,
      context: ComputeContext(instructionSet: instructionSet, threads: Threads(1)))
  }

  private static func forward() throws {
    let base = try model()
    let batch = Texts.batch(1024, vocabularySize: base.model.configuration.vocabularySize)
    for _ in 0..<4 {
      try check(base.model.losses(of: batch, weights: base.store)[0].mean.isFinite)
    }
  }

  private static func step(
    _ basis: BasisKind, _ mode: WeightMode, _ estimator: Estimator = .twoSided
  ) throws {
    var loop = try StepLoop(model(), basis, mode: mode, tokenCount: 64, estimator: estimator)
    try check(loop.run(steps: 20).isFinite)
  }

  private static func replay(_ basis: BasisKind, weightCount: Int) throws {
    let replay = try Replay(
      basis, weightCount: weightCount, instructionSet: instructionSet)
    for _ in 0..<8 { try check(replay.run()[0, 0].isFinite) }
  }

  private static func project(weightCount: Int) throws {
    let projection = Projection(weightCount: weightCount, instructionSet: instructionSet)
    for _ in 0..<8 { try check(projection.run()[0, 0].isFinite) }
  }

  private static func check(_ isRight: Bool) throws {
    guard isRight else { throw WorkloadError(description: "the result is wrong") }
  }
}

private struct WorkloadError: Error, CustomStringConvertible {
  let description: String
}
