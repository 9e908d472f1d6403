internal import Datasets
internal import FineTuning
internal import Kernels
internal import LanguageModels
internal import Profiling
internal import Reports
internal import Runs
internal import SeedDescent
internal import Tensors
internal import Weights

/// How a run measures slopes that was not told, and why: what learns most, if there is memory for it.
struct EstimatorChoice {
  let estimator: Estimator
  /// One sentence for the person who started the run.
  let reason: String

  /// Chooses for a run.
  ///
  /// - Parameters:
  ///   - settings: Those of the run if there is memory enough.
  ///   - clients: How many clients work at once.
  init(
    _ settings: TuningSettings, of base: LoadedModel, _ data: TuningData, clients: Int
  ) {
    let step = MemoryEstimate(ofLongestStep: settings, of: base, data, clients: clients)
    let needed = clients * step.privateBytes
    let available = (try? MachineDescription.current().availableMemory) ?? .max
    estimator = needed <= available ? settings.estimator : .twoSided
    reason =
      estimator != settings.estimator
      ? "note: steps are two-sided, as exact slopes along all directions may take "
        + "\(Quantity.bytes.text(Double(needed))) and \(Quantity.bytes.text(Double(available))) are "
        + "available; a smaller --batch or --length-limit takes less"
      : Self.reason(settings)
  }

  private static func reason(_ settings: TuningSettings) -> String {
    guard settings.estimator == .backprop else {
      return "note: steps are two-sided, as FedKSeed was published: exact slopes along all "
        + "directions do not go with the other options, or only slowly"
    }
    return "note: each step has the exact slopes along all \(settings.candidates) directions, "
      + "which learns most; '--estimator two-sided' is FedKSeed as published, in less memory"
  }
}
