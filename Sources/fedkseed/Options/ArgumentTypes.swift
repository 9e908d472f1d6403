public import ArgumentParser
public import Datasets
public import FineTuning
public import Kernels
public import SeedBasis
public import ZerothOrder

// The library's choices, spelled on the command line as their raw values.

extension BasisKind: ExpressibleByArgument {}
extension BatchOrder: ExpressibleByArgument {}
extension CandidateRule: ExpressibleByArgument {}
extension DenseStorage: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {}
extension LearningRateSchedule: ExpressibleByArgument {}
extension LocalTuner.Sides: ExpressibleByArgument {}
extension PromptTemplate: ExpressibleByArgument {}
extension TuningObjective: ExpressibleByArgument {}
extension TuningMethod: ExpressibleByArgument {}
extension WeightMode: ExpressibleByArgument {}
