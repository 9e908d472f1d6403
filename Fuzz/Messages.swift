import Federation

extension FuzzTarget {
  /// What travels between server and clients.
  static var messages: [FuzzTarget] {
    [
      FuzzTarget("plan") { input in _ = try RoundPlan(decoding: input.checked(8).bytes) },
      FuzzTarget("update") { input in _ = try ClientUpdate(decoding: input.checked(8).bytes) },
    ]
  }
}
