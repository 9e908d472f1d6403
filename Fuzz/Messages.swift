import Bytes
import Federation
import Service

extension FuzzTarget {
  /// What travels between server and clients.
  static var messages: [FuzzTarget] {
    [
      FuzzTarget("plan") { input in _ = try RoundPlan(decoding: input.checked(8).bytes) },
      FuzzTarget("update") { input in _ = try ClientUpdate(decoding: input.checked(8).bytes) },
      FuzzTarget("request") { input in _ = try ClientRequest(line: input.bytes) },
      FuzzTarget("introduction") { input in
        _ = try Introduction(JSON.parse(input.bytes[...], valueLimit: 512))
      },
    ]
  }
}
