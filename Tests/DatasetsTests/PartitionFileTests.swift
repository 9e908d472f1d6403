import CounterRandom
import Datasets
import Testing

@Suite("Partition files")
struct PartitionFileTests {
  static let categories = PartitionTests.categories([30, 20, 10])

  @Test("a partition comes back from its file", arguments: PartitionTests.rules, [0, UInt64.max])
  func roundTrips(rule: PartitionRule, seed: UInt64) throws {
    let partition = try Partition(
      categories: Self.categories, clientCount: 3, rule: rule, seed: seed)
    #expect(try Partition(json: partition.json, exampleCount: 60) == partition)
  }

  @Test("the file is canonical, down to the byte")
  func isCanonical() throws {
    let text = #"""
      {"seed": 1, "rule": "iid",
       "clients": [[3, 0], [1, 2]], "exampleCount": 4}
      """#
    #expect(
      try Partition(json: text, exampleCount: 4).json == #"""
        {"clients":[
        [0,3],
        [1,2]
        ],"exampleCount":4,"rule":"iid","seed":1}

        """#)
  }

  static func file(_ clients: String, count: String = "3", rest: String = "") -> String {
    #"{"clients":\#(clients),"exampleCount":\#(count),"rule":"iid","seed":1\#(rest)}"#
  }

  @Test(
    "a file that contradicts itself or the data set is refused",
    arguments: [
      ("", "it is no JSON"), ("[]", "it is no JSON"), ("{}", "it is no JSON"),
      (file("[[0,1,2]]", rest: ",") + "x", "it is no JSON"),
      (file("[[0,1],[2,3]]", count: "4"), "divides 4 examples, the data set has 3"),
      (file("[[0,1]]"), "divides 2 examples, the data set has 3"),
      (file("[[0,1],[1]]"), "gives client 1 the example 1"),
      (file("[[0,1],[3]]"), "gives client 1 the example 3"),
      (file("[[0,-1],[2]]"), "gives client 0 the example -1"),
      (file("[[0,1,2],[]]"), "client 1 would get 0"),
      (file("[[0,1,2.5]]"), "it is no JSON"),
      (file("[[0,1,99999999999999999999]]"), "it is no JSON"),
      (file(#"["012"]"#), "it is no JSON"),
      (file(String(repeating: "[", count: 1_000_000)), "it nests too deep"),
      (
        #"{"clients":[[0,1,2]],"exampleCount":3,"rule":"alphabetical","seed":1}"#,
        "'alphabetical' is none of iid"
      ),
      (#"{"clients":[[0,1,2]],"exampleCount":3,"rule":"iid","seed":-1}"#, "it is no JSON"),
    ])
  func refuses(text: String, message: String) throws {
    let error = try #require(throws: PartitionError.self) {
      try Partition(json: text, exampleCount: 3)
    }
    #expect(error.description.contains(message), "\(error)")
  }
}
