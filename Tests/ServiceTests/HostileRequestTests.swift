import Bytes
import CounterRandom
import Federation
import Foundation
import Service
import Testing

@Suite("Requests of strangers")
struct HostileRequestTests {
  @Test(
    "are refused with the place",
    arguments: [
      ("", "no JSON"), ("{", "no JSON"), ("[]", "expected an object"), ("\u{FF}", "no JSON"),
      (#"{"op":"status"}"#, "there is no 'protocol'"),
      (#"{"protocol":2,"op":"status"}"#, "found 2, expected 1"),
      (#"{"protocol":1.5,"op":"status"}"#, "protocol: found 1.5"),
      (#"{"protocol":1}"#, "there is no 'op'"),
      (#"{"protocol":1,"op":"STATUS"}"#, "op: found"),
      (#"{"protocol":1,"op":"status","op":"shutdown"}"#, "distinct keys"),
      (#"{"protocol":1,"op":"status","plan":""}"#, "'plan' is not known here"),
      (#"{"protocol":1,"op":"hello","run":"../../etc"}"#, "run: found"),
      (#"{"protocol":1,"op":"hello","run":""}"#, "run: found"),
      (#"{"protocol":1,"op":"hello","run":7}"#, "run: found 7"),
      (#"{"protocol":1,"op":"train","run":"a","round":-1}"#, "round: found -1"),
      (#"{"protocol":1,"op":"train","run":"a","round":4294967296}"#, "round: found 4294967296"),
      (#"{"protocol":1,"op":"train","run":"a","round":0,"message":"m","plan":"*"}"#, "Base64"),
      (#"{"protocol":1,"op":"train","run":"a","round":0,"message":"m","plan":""}"#, "magic"),
      (String(repeating: "[", count: 100), "too many"),
      (#"{"protocol":1,"op":"status","x":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16]}"#, "too many"),
    ])
  func table(_ line: String, _ expected: String) throws {
    let folder = try TemporaryFolder()
    let service = try Fake.service(try Fake.settings(), in: folder.path)
    let reply = service.reply(to: Array(line.utf8))
    #expect(reply.code != nil && reply.errorText.contains(expected), "\(reply)")
  }

  @Test("are answered whatever is damaged in them, and none leaves a trace but a right one")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let settings = try Fake.settings(localSteps: 1)
    let service = try Fake.service(settings, in: folder.path)
    var server = FederationServer(settings: settings)
    let lines = [
      Fake.line(Fake.train(server.beginRound()[0])), Fake.line(.hello(run: "r")),
      Fake.line(.cancel(message: "m")),
    ]
    var stream = RandomStream(seed: 5, tag: .candidateChoice)
    for index in 0..<3000 {
      var line = lines[index % 3]
      for _ in 0...stream.next(below: 3) {
        let place = stream.next(below: line.count)
        switch stream.next(below: 3) {
        case 0: line[place] ^= UInt8(1 << stream.next(below: 8))
        case 1: line.remove(at: place)
        default: line.insert(UInt8(stream.next(below: 256)), at: place)
        }
      }
      #expect(service.reply(to: line)["protocol"]?.integer == 1)
    }
    // Of damaged plans none passes its checksum.
    let runs = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasPrefix("run-") }
    #expect(runs.allSatisfy { $0.count <= "run-.json".count + 64 })
  }
}
