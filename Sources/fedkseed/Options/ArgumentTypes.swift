public import ArgumentParser
public import Datasets
public import FineTuning
public import Kernels
public import SeedBasis

// The library's choices, spelled on the command line as their raw values.

extension BasisKind: ExpressibleByArgument {}
extension DenseStorage: ExpressibleByArgument {}
extension InstructionSet: ExpressibleByArgument {}
extension PromptTemplate: ExpressibleByArgument {}
extension WeightMode: ExpressibleByArgument {}
