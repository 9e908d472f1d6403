public import ArgumentParser
public import Datasets
public import Federation
public import FineTuning
public import Kernels
public import SeedBasis
public import SeedDescent
public import Tensors

// The library's choices, spelled on the command line as their raw values.

extension BasisKind: ExpressibleByArgument {}
extension BatchOrder: ExpressibleByArgument {}
extension CandidateRule: ExpressibleByArgument {
  /// Fresh directions are no choice of their own: `--method` mezo and fedzo have them.
  public static var allValueStrings: [String] {
    allCases.filter { $0 != .fresh }.map(\.rawValue)
  }

  /// Creates the rule of this name, unless it is a method's.
  public init?(argument: String) {
    guard Self.allValueStrings.contains(argument) else { return nil }
    self.init(rawValue: argument)
  }
}
extension ElementType: ExpressibleByArgument {
  /// The types that can be written; others are read only.
  public static var allValueStrings: [String] { allCases.filter(\.isStorable).map(\.rawValue) }

  /// Creates the type of this name, if it can be written.
  public init?(argument: String) {
    guard Self.allValueStrings.contains(argument) else { return nil }
    self.init(rawValue: argument)
  }
}
extension DenseStorage: ExpressibleByArgument {}
extension ExportFormat: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {}
extension LearningRateSchedule: ExpressibleByArgument {}
extension Estimator: ExpressibleByArgument {}
extension PrivacyRule.Placement: ExpressibleByArgument {}
extension CoefficientPrecision: ExpressibleByArgument {}
extension Recomputation: ExpressibleByArgument {}
extension PromptTemplate: ExpressibleByArgument {}
extension TuningObjective: ExpressibleByArgument {}
extension TuningMethod: ExpressibleByArgument {}
extension WeightMode: ExpressibleByArgument {}
