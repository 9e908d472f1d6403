import Settings
import Testing
import SeedDescent

@Suite("Early stopping")
struct EarlyStoppingTests {
  @Test(
    "a run stops when the last losses are no better than the best before them",
    arguments: [
      (1, [3, 2], false), (1, [3, 3], true), (1, [3, 4], true), (1, [3], false),
      (2, [3, 4], false), (2, [3, 4, 5], true), (2, [3, 4, 2], false), (2, [3, 2, 2.5], false),
      (2, [3, 2, 2.5, 2], true), (2, [3, 2, 2.5, 1.9], false), (3, [], false),
      (1, [.nan, 5], false), (1, [5, .nan], true), (1, [.nan, .nan], true),
    ] as [(Int, [Double], Bool)])
  func rule(patience: Int, losses: [Double], expected: Bool) throws {
    #expect(try EarlyStopping(patience: patience).isDue(after: losses) == expected)
  }

  @Test("patience is at least one evaluation", arguments: [0, -1])
  func patience(value: Int) {
    let error = #expect(throws: SettingsError.self) { try EarlyStopping(patience: value) }
    #expect(error?.key == .patience)
  }
}
