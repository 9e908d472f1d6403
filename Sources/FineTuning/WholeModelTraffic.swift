internal import Federation

extension RoundRecord {
  /// Returns the record with whole models of `weightCount` weights counted as the traffic, as FedZO
  /// exchanges them.
  ///
  /// The messages carry the same models in fewer bytes, because directions are known to both sides.
  func exchangingWholeModels(of weightCount: Int) -> RoundRecord {
    var record = self
    for (place, update) in updates.enumerated() {
      record.participants[place].traffic.bytesDown += 4 * (weightCount - update.candidateCount)
      record.participants[place].traffic.bytesUp += 4 * weightCount - update.contentByteCount
    }
    return record
  }
}
