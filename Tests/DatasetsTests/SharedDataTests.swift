import Datasets
import Foundation
import Testing

@Suite("Public data sets")
struct SharedDataTests {
  @Test(
    "all of Dolly-15K is read",
    .enabled(if: SharedData.has("dolly"), "../shared/data/dolly is absent"))
  func readsDolly() throws {
    let dataset = try Dataset.read(
      path: SharedData.root + "/dolly/databricks-dolly-15k.jsonl")
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
    .enabled(
      if: SharedData.has("natural-instructions"), "../shared/data/natural-instructions is absent"))
  func readsNaturalInstructions() throws {
    let folder = SharedData.root + "/natural-instructions/tasks"
    let all = try Dataset.read(path: folder)
    #expect(Set(all.examples.map(\.category)).count == 134 && all.skippedCount == 0)
    var options = DatasetOptions()
    options.tasks = .reference(seed: 1)
    let some = try Dataset.read(path: folder, options: options)
    #expect(some.examples.count + some.skippedCount == all.examples.count)
    #expect(some.examples.allSatisfy { $0.context.unicodeScalars.count < 1024 })
    let sizes = Dictionary(grouping: some.examples, by: \.category).mapValues(\.count).values
    #expect(sizes.allSatisfy { (4...40).contains($0) })
  }

  @Test(
    "all of SST-2 is read", .enabled(if: SharedData.has("sst2"), "../shared/data/sst2 is absent"),
    arguments: [("train.tsv", 67_349), ("dev.tsv", 872), ("test-labeled.tsv", 1821)])
  func readsSST2(name: String, count: Int) throws {
    let dataset = try Dataset.read(path: SharedData.root + "/sst2/" + name)
    #expect(dataset.examples.count == count)
    #expect(Set(dataset.examples.map(\.category)) == ["great", "terrible"])
  }
}
