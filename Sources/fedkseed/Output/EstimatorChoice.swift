internal import FineTuning
internal import SeedDescent

extension TuningSettings {
  /// What a run says that was not told how to measure slopes.
  var estimatorChoice: String {
    guard estimator == .backprop else {
      return "note: steps are two-sided, as FedKSeed was published: \(descentObstacle)"
    }
    return "note: each step has the exact slopes along all \(candidates) directions, which learns "
      + "most; '--estimator two-sided' is FedKSeed as published, in less memory"
  }

  private var descentObstacle: String {
    guard basis == .hadamard else {
      return "all directions at once are cheap with '--basis hadamard' only"
    }
    return "the other options do not go with '--estimator backprop'"
  }
}
