import Datasets
import TestSupport
import Testing

@Suite("Splits")
struct DatasetSplitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Writes a task of `short` instances within the reference's limit and one beyond it.
  private func task(_ name: String, short: Int) -> (name: String, text: String) {
    let inputs = (0..<short).map { "input \($0)" } + [String(repeating: "x", count: 1024)]
    let instances = inputs.map { #"{"input":"\#($0)","output":["first","second"]}"# }
    let text = """
      {"Definition":["Do it."],"Instances":[\(instances.joined(separator: ","))]}
      """
    return (name, text)
  }

  /// Writes a folder like the official one and reads its split.
  private func read(
    training: [(name: String, text: String)], test: [(name: String, text: String)],
    lists: (training: String, test: String)? = nil, seed: UInt64 = 1
  ) throws -> Dataset {
    for task in training + test { _ = try folder.write(task.text, as: "tasks/\(task.name).json") }
    let lists =
      lists ?? (
        training.map(\.name).joined(separator: "\n"),
        test.map(\.name).joined(separator: "\r\n") + "\n"
      )
    _ = try folder.write(lists.training, as: "splits/default/train_tasks.txt")
    _ = try folder.write(lists.test, as: "splits/default/test_tasks.txt")
    var options = DatasetOptions()
    options.split = .naturalInstructions(seed: seed)
    return try Dataset.read(path: folder.path, options: options)
  }

  @Test("Natural Instructions: 20 % of training tasks of 20 and more, 2 % but 20 of test tasks")
  func referenceRules() throws {
    let dataset = try read(
      training: [task("t19", short: 19), task("t20", short: 20), task("t104", short: 104)],
      test: [
        task("e7", short: 7), task("e20", short: 20), task("e300", short: 300),
        task("e1049", short: 1049),
      ])
    func sizes(_ examples: [Example]) -> [String: Int] {
      Dictionary(grouping: examples, by: \.category).mapValues(\.count)
    }
    #expect(sizes(dataset.examples) == ["t20": 4, "t104": 20])
    #expect(sizes(dataset.test) == ["e7": 7, "e20": 20, "e300": 20, "e1049": 20])
    #expect(Set(dataset.examples + dataset.test).count == 24 + 67)
    #expect((dataset.examples + dataset.test).allSatisfy { $0.response == "first" })
    #expect(dataset.evaluation == dataset.test && dataset.missingTaskCount == 0)
  }

  @Test("2 % are drawn where they are more than 20")
  func largeTestTask() throws {
    let dataset = try read(training: [task("t", short: 20)], test: [task("e", short: 1099)])
    #expect(dataset.test.count == 21)
  }

  @Test("the draw depends on the seed and on nothing else")
  func seed() throws {
    let tasks = ([task("t", short: 200)], [task("e", short: 200)])
    let drawn = try [1, 1, 2].map { try read(training: tasks.0, test: tasks.1, seed: $0) }
    #expect(drawn[0] == drawn[1])
    #expect(drawn[0].examples != drawn[2].examples && drawn[0].test != drawn[2].test)
  }

  @Test("tasks without a file are counted, and a list cannot lead out of the folder")
  func lists() throws {
    let tasks = ([task("t", short: 20)], [task("e", short: 20)])
    let some = try read(training: tasks.0, test: tasks.1, lists: ("t\nmissing", "e"))
    #expect(some.missingTaskCount == 1 && some.examples.count == 4)
    let error = #expect(throws: DatasetError.self) {
      try read(training: tasks.0, test: tasks.1, lists: ("t", "../../etc/passwd"))
    }
    #expect(error?.description.contains("test_tasks.txt:1") == true)
    #expect(throws: DatasetError.self) {
      try read(training: tasks.0, test: tasks.1, lists: ("t", "missing"))
    }
  }

  @Test("a category that is held out is tested on and nothing else")
  func category() throws {
    let lines = ["qa", "tale", "qa"].enumerated().map {
      #"{"instruction":"\#($0)","response":"b","category":"\#($1)","user":"u\#($0 % 2)"}"#
    }
    let path = try folder.write(lines.joined(separator: "\n"), as: "x.jsonl")
    var options = DatasetOptions()
    options.split = .category("tale")
    let dataset = try Dataset.read(path: path, options: options)
    #expect(dataset.examples.map(\.instruction) == ["0", "2"])
    #expect(dataset.test.map(\.instruction) == ["1"])
    options.split = .category("poem")
    let error = #expect(throws: DatasetError.self) {
      try Dataset.read(path: path, options: options)
    }
    #expect(error?.description.contains("'poem' to hold out; found 'qa', 'tale'") == true)
  }

  @Test("the category may be read from another key, which every record then needs")
  func categoryKey() throws {
    let record = #"{"instruction":"a","response":"b","category":"c","user":"u"}"#
    var options = DatasetOptions()
    options.categoryKey = "user"
    let path = try folder.write(record, as: "x.jsonl")
    #expect(try Dataset.read(path: path, options: options).examples[0].category == "u")
    let table = try folder.write("fine\t1", as: "x.tsv")
    #expect(throws: DatasetError.self) { try Dataset.read(path: table, options: options) }
    options.categoryKey = "shop"
    #expect(throws: DatasetError.self) { try Dataset.read(path: path, options: options) }
  }

  @Test(
    "Dolly's summaries are held out, the other 13,823 records are trained on",
    SharedDataTests.needs("dolly"))
  func dolly() throws {
    var options = DatasetOptions()
    options.split = .dolly
    let dataset = try SharedDataTests.read("dolly/databricks-dolly-15k.jsonl", options: options)
    #expect(dataset.examples.count == 13_823 && dataset.test.count == 1188)
  }

  @Test(
    "Natural Instructions' official lists are followed",
    SharedDataTests.needs("natural-instructions"))
  func naturalInstructions() throws {
    var options = DatasetOptions()
    options.split = .naturalInstructions(seed: 1)
    let dataset = try SharedDataTests.read("natural-instructions", options: options)
    let (training, test) = (
      Set(dataset.examples.map(\.category)), Set(dataset.test.map(\.category))
    )
    // Of the 756 and 119 tasks of the lists, the folder has 134.
    #expect(training.count + test.count + dataset.missingTaskCount >= 756 + 119 - 10)
    #expect(training.isDisjoint(with: test) && test.count > 10 && training.count > 80)
  }
}
