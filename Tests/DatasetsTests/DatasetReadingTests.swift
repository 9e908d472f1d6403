import Datasets
import Foundation
import Testing

@Suite("Reading data sets")
struct DatasetReadingTests {
  static let record =
    #"{"instruction": "Which?", "context": "a\nb", "response": "Tope\u00e9", "category": "qa"}"#
  static let task = """
    {"Definition": ["Say it.", "Or not."], "Instances": [
      {"id": "1", "input": "one", "output": ["eins", "ein"]},
      {"id": "2", "input": "two", "output": ["zwei"]}]}
    """

  static func read(
    _ text: String, as name: String, options: DatasetOptions = DatasetOptions()
  ) throws -> Dataset {
    let folder = try TemporaryFolder()
    return try Dataset.read(path: folder.write(text, as: name), options: options)
  }

  static let example = Example(
    instruction: "Which?", context: "a\nb", response: "Topeé", category: "qa")

  @Test(
    "a record is read whatever the extension, line ends, blank lines and byte-order mark",
    arguments: [
      (record, "a.jsonl"), (record + "\n", "a.json"), ("\n  \r\n" + record + "\r\n\n", "a.jsonl"),
      ("\u{FEFF}" + record, "a.jsonl"), (record, "noextension"), (record, "A.JSONL"),
    ])
  func readsRecords(text: String, name: String) throws {
    #expect(try Self.read(text, as: name).examples == [Self.example])
  }

  @Test("missing or null context and category have defaults, other keys are ignored")
  func fillsInDefaults() throws {
    let text = #"{"instruction": "i", "response": "", "context": null, "id": [1, {"x": 2}]}"#
    let expected = Example(instruction: "i", context: "", response: "", category: "none")
    #expect(try Self.read(text, as: "a.jsonl").examples == [expected])
  }

  @Test(
    "a task is read from one line or many",
    arguments: [task, task.replacingOccurrences(of: "\n", with: " ")])
  func readsTask(text: String) throws {
    let examples = try Self.read(text, as: "task007_numbers.json").examples
    #expect(
      examples == [
        Example(
          instruction: "Say it.", context: "one", response: "eins", category: "task007_numbers"),
        Example(
          instruction: "Say it.", context: "two", response: "zwei", category: "task007_numbers"),
      ])
  }

  @Test("a folder's tasks come in the order of their names; other files are ignored")
  func readsFolder() throws {
    let folder = try TemporaryFolder()
    for name in ["task2.json", "task10.json", "task1.json"] {
      _ = try folder.write(Self.task, as: name)
    }
    _ = try folder.write("no JSON", as: "README.md")
    let dataset = try Dataset.read(path: folder.path)
    #expect(
      dataset.examples.map(\.category) == [
        "task1", "task1", "task10", "task10", "task2", "task2",
      ])
  }

  @Test("the length limit counts Unicode scalars and is exclusive")
  func appliesLengthLimit() throws {
    var options = DatasetOptions()
    options.tasks.inputLengthLimit = 3
    let text = """
      {"Definition": ["d"], "Instances": [
      {"input": "ab", "output": ["1"]}, {"input": "abc", "output": ["2"]},
      {"input": "e\\u0301", "output": ["3"]}, {"input": "e\\u0301\\u0301", "output": ["4"]}]}
      """
    let dataset = try Self.read(text, as: "t.json", options: options)
    #expect(dataset.examples.map(\.response) == ["1", "3"] && dataset.skippedCount == 2)
  }

  /// A task of `count` instances, whose responses are their numbers.
  static func task(count: Int) -> String {
    let instances = (0..<count).map { "{\"input\": \"x\", \"output\": [\"\($0)\"]}" }
    return "{\"Definition\": [\"d\"], \"Instances\": [\(instances.joined(separator: ","))]}"
  }

  @Test("the reference rules drop small tasks and draw a fifth, by name and seed")
  func appliesReferenceRules() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.task(count: 19), as: "small.json")
    _ = try folder.write(Self.task(count: 104), as: "large.json")
    _ = try folder.write(Self.task(count: 104), as: "twin.json")
    var options = DatasetOptions()
    options.tasks = .reference(seed: 1)
    let dataset = try Dataset.read(path: folder.path, options: options)
    let large = dataset.examples.filter { $0.category == "large" }.map(\.response)
    let twin = dataset.examples.filter { $0.category == "twin" }.map(\.response)
    #expect(Set(large).count == 20 && Set(twin).count == 20 && large != twin)
    #expect(dataset.examples.count == 40 && dataset.skippedCount == 19 + 84 + 84)
    options.tasks.seed = 2
    #expect(try Dataset.read(path: folder.path, options: options) != dataset)
  }

  @Test(
    "a table is read with its columns in either order, with a header or without",
    arguments: [
      "sentence\tlabel\n it 's fun . \t1\nso dull\t0\n",
      "label\tsentence\r\n1\tit 's fun .\r\n0\tso dull",
      "it 's fun . \t1\nso dull\t0", "1\tit 's fun .\n0\tso dull\n\n",
    ])
  func readsTable(text: String) throws {
    let examples = try Self.read(text, as: "sst2.tsv").examples
    let expected = [("it 's fun . It was", "great"), ("so dull It was", "terrible")].map {
      Example(
        instruction: $0, response: $1, category: $1, options: ["terrible", "great"])
    }
    #expect(examples == expected)
  }

  @Test(
    "a table's template may do without {label} and have text on both sides",
    arguments: ["Review: {sentence}\nSentiment:", "Review: {sentence}\nSentiment: {label}"])
  func appliesTemplate(template: String) throws {
    var options = DatasetOptions()
    options.table.template = template
    options.table.words = ["neg": "bad", "pos": "good"]
    let examples = try Self.read("fun\tpos", as: "a.txt", options: options).examples
    #expect(
      examples == [
        Example(
          instruction: "Review: fun\nSentiment:", response: "good", category: "good",
          options: ["bad", "good"])
      ])
  }
}
