import CounterRandom

/// The word `a` of the partition streams, one for each way to divide or choose examples.
enum DivisionPurpose: UInt32 {
  case iidDivision = 1
  case dirichletDivision = 2
  case categoryDivision = 3
  case heldOutSplit = 4
  case instanceSample = 5
  case quantityDivision = 6
}

extension RandomStream {
  init(_ purpose: DivisionPurpose, seed: UInt64, b: UInt32 = 0) {
    self.init(seed: seed, tag: .partition, a: purpose.rawValue, b: b)
  }
}
