import Datasets
import FineTuning
import Settings
import Testing
import SeedDescent

@Suite("Data of a run")
struct TuningDataTests {
  private let base: LoadedModel

  init() throws { base = try .tiny() }

  private func data(
    _ examples: [Example], heldOut: Int, lengthLimit: Int = 1024
  ) throws -> TuningData {
    var settings = TuningSettings.small()
    settings.heldOut = heldOut
    return try TuningData(
      Dataset(examples: examples),
      encoder: ExampleEncoder(tokenizer: try base.tokenizer, lengthLimit: lengthLimit),
      settings: settings)
  }

  @Test("every example is trained on or held out, as many of each category as is fair")
  func split() throws {
    let data = try data(Tasks.examples, heldOut: 12)
    let encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    let all = (data.training + data.heldOut).map { "\($0.tokens)" }.sorted()
    #expect(all == encoder.encode(Tasks.examples).examples.map { "\($0.tokens)" }.sorted())
    #expect(try data.heldOutExamples.map { try encoder.encode($0) } == data.heldOut)
    #expect(data.heldOut.filter { $0.category == "parity" }.count == 6)
    #expect(data.rejectionSummary == nil)
  }

  @Test("examples that cannot be used are left out, and texts and tokens stay together")
  func rejections() throws {
    let long = Example(
      instruction: String(repeating: "much too long ", count: 40), response: "x", category: "long")
    let mixed = Tasks.examples.flatMap { [long, $0] }
    let data = try data(mixed, heldOut: 12, lengthLimit: 80)
    let encoder = ExampleEncoder(tokenizer: try base.tokenizer, lengthLimit: 80)
    #expect(data.training.count + data.heldOut.count == 60)
    #expect(try data.heldOutExamples.map { try encoder.encode($0) } == data.heldOut)
    #expect(try #require(data.rejectionSummary).hasPrefix("60 of 120 examples are left out"))
  }

  @Test("with a test part, all else is trained on, and no more is held out than there is")
  func testPart() throws {
    var settings = TuningSettings.small()
    settings.heldOut = 12
    let encoder = ExampleEncoder(tokenizer: try base.tokenizer)
    for (count, expected) in [(5, 5), (30, 12)] {
      let dataset = Dataset(
        examples: Array(Tasks.examples.dropFirst(count)), test: Array(Tasks.examples.prefix(count)))
      let data = try TuningData(dataset, encoder: encoder, settings: settings)
      #expect(data.training.count == 60 - count && data.heldOut.count == expected)
      #expect(data.heldOutExamples.allSatisfy(dataset.test.contains))
      #expect(try data.heldOutExamples.map { try encoder.encode($0) } == data.heldOut)
    }
  }

  @Test("sample examples are one of each category by name, then another of each")
  func samples() throws {
    let data = try data(Tasks.examples, heldOut: 12)
    #expect(
      data.sampleExamples(count: 5).map(\.category)
        == ["number", "parity", "number", "parity", "number"])
    #expect(data.sampleExamples(count: 1).map(\.category) == ["number"])
    #expect(data.sampleExamples(count: 0).isEmpty && data.sampleExamples(count: 99).count == 12)
    #expect(Set(data.sampleExamples(count: 12).map(\.instruction)).count == 12)
  }

  @Test("places among the held-out examples are evenly spaced, and all where there are no more")
  func places() throws {
    let data = try data(Tasks.examples, heldOut: 12)
    #expect(data.heldOutPlaces(4) == [0, 3, 6, 9] && data.heldOutPlaces(5) == [0, 2, 4, 7, 9])
    #expect(data.heldOutPlaces(12) == Array(0..<12) && data.heldOutPlaces(.max) == Array(0..<12))
  }

  @Test("fewer than two usable examples are refused", arguments: [0, 1])
  func tooFew(count: Int) throws {
    let error = #expect(throws: SettingsError.self) {
      try data(Array(Tasks.examples.prefix(count)), heldOut: 1)
    }
    #expect(try #require(error).key == .data)
    #expect(error?.found == "\(count) usable examples")
  }

  @Test("holding out none, all or more is refused", arguments: [-1, 0, 60, 61, Int.max])
  func heldOut(count: Int) throws {
    let error = #expect(throws: SettingsError.self) { try data(Tasks.examples, heldOut: count) }
    #expect(try #require(error).key == .heldOut)
    #expect(error?.expected == "a whole number from 1 to 59")
  }

  @Test("all but one example may be held out")
  func allButOne() throws {
    #expect(try data(Tasks.examples, heldOut: 59).training.count == 1)
  }
}
