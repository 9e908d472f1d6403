import CounterRandom
import Datasets
import Foundation
import Testing

@Suite("Hostile data files")
struct HostileFileTests {
  /// A file that must be refused, and parts of the message that refuses it.
  struct Attack: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var name: String
    var message: [String]

    init(_ title: String, _ text: String, as name: String, says message: String...) {
      self.init(title, bytes: Array(text.utf8), as: name, says: message)
    }

    init(_ title: String, bytes: [UInt8], as name: String, says message: [String]) {
      testDescription = title
      self.bytes = bytes
      self.name = name
      self.message = message
    }
  }

  static let good = #"{"instruction": "i", "response": "r"}"#
  static let deep = String(repeating: "[", count: 1_000_000)
  static let attacks = [
    Attack("empty file", "", as: "a.jsonl", says: "a.jsonl: holds no example"),
    Attack(
      "a table of separators", "a" + String(repeating: ",", count: 100_000), as: "a.csv",
      says: "a.csv:1: a row has more than 4096 fields"),
    Attack("blank lines only", " \n\r\n\t\n", as: "a.tsv", says: "holds no example"),
    Attack("empty JSON file", "", as: "a.json", says: "a.json: is not valid JSON"),
    Attack(
      "response missing", good + "\n" + #"{"instruction": "i", "answer": "x"}"#, as: "a.jsonl",
      says: "a.jsonl:2:", "'response' is missing", "found 'answer', 'instruction'"),
    Attack(
      "number for a string", #"{"instruction": 7, "response": "r"}"#, as: "a.jsonl",
      says: "a.jsonl:1:", "'instruction' should be a string, but is 7"),
    Attack(
      "null for a needed string", #"{"instruction": null, "response": "r"}"#, as: "a.jsonl",
      says: "'instruction' should be a string, but is null"),
    Attack(
      "list for an optional string", #"{"instruction": "", "response": "", "context": ["x"]}"#,
      as: "a.jsonl", says: "'context' should be a string, but is a list of 1"),
    Attack(
      "number in an array of records", "[\n" + good + ",\n2]", as: "a.jsonl",
      says: "a.jsonl:3: '[1]' should be an object {…}, but is 2"),
    Attack(
      "list for a record", good + "\n[1, 2]", as: "a.jsonl",
      says: "'the document' should be an object {…}, but is a list of 2"),
    Attack(
      "category of many marks",
      #"{"instruction": "i", "response": "r", "category": ""#
        + String(repeating: "\u{301}", count: 300) + "\"}", as: "a.jsonl",
      says: "a.jsonl:1:", "'category' should be at most 256 combining marks in a row"),
    Attack("text for a record", "hello", as: "a.jsonl", says: "a.jsonl:1: is not valid JSON"),
    Attack(
      "cut record", good + "\n" + good.dropLast(5), as: "a.jsonl",
      says: "a.jsonl:2: is not valid JSON"),
    Attack(
      "text after the record", good + " x", as: "a.jsonl", says: "a.jsonl:1: is not valid JSON"),
    Attack(
      "half a surrogate pair", #"{"instruction": "\ud800", "response": "r"}"#, as: "a.jsonl",
      says: "a.jsonl:1: is not valid JSON"),
    Attack(
      "Latin-1", bytes: Array((good + "\n").utf8) + [0x7B, 0x22, 0xE9, 0x22, 0x7D], as: "a.jsonl",
      says: ["a.jsonl:2: is not UTF-8"]),
    Attack(
      "UTF-16", bytes: [0xFF, 0xFE, 0x7B, 0, 0x7D, 0], as: "a.jsonl", says: ["is not UTF-8"]),
    Attack(
      "a million open lists in a record", #"{"x": "# + deep, as: "a.jsonl",
      says: "a.jsonl:1: nests arrays or objects deeper than 64"),
    Attack(
      "a million open lists in a task", #"{"Instances": "# + deep, as: "a.json",
      says: "a.json: nests arrays or objects deeper than 64"),
    Attack("number beyond Double", "1e999999", as: "a.jsonl", says: "a.jsonl:1: "),
    Attack("broken task", #"{"Definition": ["#, as: "a.json", says: "a.json: is not valid JSON"),
    Attack(
      "task without definition", #"{"Instances": []}"#, as: "a.json",
      says: "'Definition' is missing; found 'Instances'"),
    Attack(
      "empty definition", #"{"Definition": [], "Instances": []}"#, as: "a.json",
      says: "'Definition[0]' is missing"),
    Attack(
      "task without instance", #"{"Definition": ["d"], "Instances": []}"#, as: "a.json",
      says: "holds no example"),
    Attack(
      "text for an instance", #"{"Definition": ["d"], "Instances": ["x"]}"#, as: "a.json",
      says: "'Instances[0]' should be an object, but is the string \"x\""),
    Attack(
      "instance without output",
      #"{"Definition": ["d"], "Instances": [{"input": "a", "output": ["b"]}, {"input": "c"}]}"#,
      as: "a.json", says: "'Instances[1].output' is missing; found 'input'"),
    Attack(
      "empty output", #"{"Definition": ["d"], "Instances": [{"input": "a", "output": []}]}"#,
      as: "a.json", says: "'Instances[0].output[0]' is missing"),
    Attack(
      "number for an output",
      #"{"Definition": ["d"], "Instances": [{"input": "a", "output": [3]}]}"#,
      as: "a.json", says: "'Instances[0].output[0]' should be a string, but is 3"),
    Attack(
      "one column", "sentence\tlabel\nonly text\n", as: "a.tsv",
      says: "a.tsv:2: has 1 tab-separated columns"),
    Attack("three columns", "a\t0\tb", as: "a.tsv", says: "a.tsv:1: has 3 tab-separated columns"),
    Attack(
      "unknown label", "sentence\tlabel\na\t1\nb\t2", as: "a.tsv",
      says: "a.tsv:3: the label '2' is none of '0', '1'"),
    Attack(
      "no label column", "text\tclass\na\t1", as: "a.tsv",
      says: "a.tsv:1: which column is the label? Found 'text', 'class'"),
    Attack("header only", "sentence\tlabel\n", as: "a.tsv", says: "holds no example"),
    Attack(
      "a label of a megabyte", "a\t1\nb\t" + String(repeating: "x", count: 1_000_000), as: "a.tsv",
      says: "a.tsv:2: the label '" + String(repeating: "x", count: 40) + "…'"),
    Attack(
      "binary file", bytes: (0..<200).map { UInt8($0 * 7 % 256) }, as: "a.bin",
      says: ["is not UTF-8"]),
  ]

  @Test("is refused with place, value and advice", arguments: attacks)
  func isRefused(_ attack: Attack) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(attack.bytes, as: attack.name)
    let error = try #require(throws: DatasetError.self) { try Dataset.read(path: path) }
    let message = error.description
    let missing = attack.message.filter { !message.contains($0) }
    #expect(missing.isEmpty && message.count < 1000, "\(message.prefix(1000))")
  }

  @Test(
    "what is no readable file is refused",
    arguments: ["/nonexistent/a.jsonl", "/dev/zero", "/dev/null", ""])
  func refusesOtherThanFiles(path: String) {
    #expect(throws: DatasetError.self) { try Dataset.read(path: path) }
  }

  @Test("a folder without tasks and a link to itself are refused")
  func refusesEmptyFolderAndLinkLoop() throws {
    let folder = try TemporaryFolder()
    #expect(throws: DatasetError(file: folder.path, problem: .empty(skipped: 0))) {
      try Dataset.read(path: folder.path)
    }
    let loop = folder.path + "/loop.json"
    try FileManager.default.createSymbolicLink(atPath: loop, withDestinationPath: loop)
    #expect(throws: DatasetError.self) { try Dataset.read(path: folder.path) }
  }

  @Test(
    "a table template that loses the sentence or the label's place is refused",
    arguments: ["", "It was {label}", "{label} {sentence}", "{sentence} {sentence} {label}"])
  func refusesTemplate(template: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("a\t1", as: "a.tsv")
    var options = DatasetOptions()
    options.table.template = template
    #expect(throws: DatasetError(file: path, problem: .badTemplate(found: template))) {
      try Dataset.read(path: path, options: options)
    }
  }

  @Test("a file damaged at random is read or refused, never trapped on", arguments: 0..<6)
  func survivesDamage(format: Int) throws {
    let original = [
      DatasetReadingTests.record + "\n" + DatasetReadingTests.record, DatasetReadingTests.task,
      "sentence\tlabel\na b\t1\nc\t0\n",
      "[" + DatasetReadingTests.record + ",\n" + DatasetReadingTests.record + "]",
      "prompt,completion\r\n\"a \"\"b\"\"\",\"c\nd\"\r\ne,f\r\n",
      #"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#,
    ][format]
    let name = ["a.jsonl", "a.json", "a.tsv", "a.json", "a.csv", "a.jsonl"][format]
    let folder = try TemporaryFolder()
    var random = RandomStream(seed: UInt64(format), tag: .syntheticData)
    var refusals = 0
    for _ in 0..<500 {
      var bytes = Array(original.utf8)
      for _ in 0...random.next(below: 3) {
        let place = random.next(below: bytes.count)
        switch random.next(below: 3) {
        case 0: bytes[place] = UInt8(random.next(below: 256))
        case 1: bytes.remove(at: place)
        default: bytes.insert(bytes[random.next(below: bytes.count)], at: place)
        }
      }
      let path = try folder.write(bytes, as: name)
      do throws(DatasetError) { _ = try Dataset.read(path: path) } catch { refusals += 1 }
    }
    #expect(refusals > 50 && refusals < 500)
  }
}
