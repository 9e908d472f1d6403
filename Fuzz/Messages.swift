import Bytes
import Federation
import Service

extension FuzzTarget {
  /// What travels between server and clients.
  static var messages: [FuzzTarget] {
    [
      FuzzTarget("plan") { input in _ = try RoundPlan(decoding: input.checked(8).bytes) },
      FuzzTarget("update") { input in _ = try ClientUpdate(decoding: input.checked(8).bytes) },
      FuzzTarget("client-request") { input in _ = try ClientRequest(line: input.bytes) },
      FuzzTarget("client-introduction") { input in
        _ = try Introduction(JSON.parse(input.bytes[...], valueLimit: 512))
      },
      FuzzTarget("client-loss") { input in
        let work = ClientRequest.Assignment(run: "r", round: 1, message: "m", plan: [])
        _ = try HeldOutLoss(JSON.parse(input.bytes[...]), to: work)
      },
    ]
  }
}
