import Datasets
import TestSupport
import Testing

@Suite("Public data sets")
struct SharedDataTests {
  /// Enables a test where the shared folder has `name`.
  static func needs(_ name: String) -> ConditionTrait {
    .enabled(
      if: RealInputs.isPresent(RealInputs.shared(name), RealInputs.noSharedData),
      Comment(rawValue: RealInputs.noSharedData))
  }

  static func read(
    _ name: String, options: DatasetOptions = DatasetOptions()
  ) throws -> Dataset {
    try Dataset.read(path: try #require(RealInputs.shared(name)), options: options)
  }

  @Test("all of Dolly-15K is read", needs("dolly"))
  func readsDolly() throws {
    let dataset = try Self.read("dolly/databricks-dolly-15k.jsonl")
    let counts = Dictionary(grouping: dataset.examples, by: \.category).mapValues(\.count)
    #expect(dataset.examples.count == 15_011)
    #expect(dataset.examples[1].response == "Tope")
    // The counts of the data set's card.
    #expect(
      counts == [
        "brainstorming": 1766, "classification": 2136, "closed_qa": 1773,
        "creative_writing": 709, "general_qa": 2191, "information_extraction": 1506,
        "open_qa": 3742, "summarization": 1188,
      ])
  }

  @Test(
    "all Natural-Instructions tasks are read, and their reference rules hold",
    needs("natural-instructions"))
  func readsNaturalInstructions() throws {
    let folder = "natural-instructions/tasks"
    let all = try Self.read(folder)
    #expect(Set(all.examples.map(\.category)).count == 134 && all.skippedCount == 0)
    var options = DatasetOptions()
    options.tasks = .reference(seed: 1)
    let some = try Self.read(folder, options: options)
    #expect(some.examples.count + some.skippedCount == all.examples.count)
    #expect(some.examples.allSatisfy { $0.context.unicodeScalars.count < 1024 })
    let sizes = Dictionary(grouping: some.examples, by: \.category).mapValues(\.count).values
    #expect(sizes.allSatisfy { (4...40).contains($0) })
  }

  @Test(
    "all of SST-2 is read", needs("sst2"),
    arguments: [("train.tsv", 67_349), ("dev.tsv", 872), ("test-labeled.tsv", 1821)])
  func readsSST2(name: String, count: Int) throws {
    let dataset = try Self.read("sst2/" + name)
    #expect(dataset.examples.count == count)
    #expect(Set(dataset.examples.map(\.category)) == ["great", "terrible"])
  }
}
