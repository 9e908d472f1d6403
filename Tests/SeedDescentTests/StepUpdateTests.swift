import Foundation
import SeedBasis
import SeedDescent
import Testing

@Suite("Updates")
struct StepUpdateTests {
  static let pairs = StepUpdate.pairs([
    StepRecord(candidate: 2, increment: 0.5), StepRecord(candidate: 2, increment: -1.0 / 3),
  ])
  static let all = StepUpdate.all([1, -0.0, 1.0 / 3, .leastNonzeroMagnitude])

  @Test("in a log, pairs are objects and all K increments are Base64 of little-endian numbers")
  func format() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    func text(_ update: StepUpdate) throws -> String {
      String(decoding: try encoder.encode(["updates": update]), as: UTF8.self)
    }
    #expect(
      try text(.pairs([StepRecord(candidate: 7, increment: 0.5)]))
        == #"{"updates":[{"candidate":7,"increment":0.5}]}"#)
    #expect(try text(.none) == #"{"updates":[]}"#)
    // 1 is 00 00 80 3F, −2 is 00 00 00 C0.
    #expect(try text(.all([1, -2])) == #"{"updates":"AACAPwAAAMA="}"#)
    for update in [Self.pairs, Self.all, .none] {
      let again = try JSONDecoder().decode(StepUpdate.self, from: JSONEncoder().encode(update))
      #expect(again.records.map(\.candidate) == update.records.map(\.candidate))
      #expect(
        again.records.map(\.increment.bitPattern) == update.records.map(\.increment.bitPattern))
    }
  }

  @Test(
    "a log that says anything else is refused",
    arguments: [
      #""""#, #""AACAPwA=""#, #""AACAfw==""#, #""AADAfw==""#, #""????""#, "3", "{}",
      #"[{"candidate":1}]"#,
    ])
  func refusals(text: String) {
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(StepUpdate.self, from: Data(text.utf8))
    }
  }

  @Test("increments are added in order, rounded as they are recorded")
  func addition() throws {
    var sums = try Coefficients([1, 2, 3, 4])
    try sums.add(Self.pairs)
    #expect(sums.values == [1, 2, 3 + 0.5 + Double(Float(-1.0 / 3)), 4])
    try sums.add(Self.all)
    #expect(sums.values[0] == 2 && sums.values[3] == 4 + 0x1p-149)
    #expect(Self.pairs.count == 2 && Self.all.count == 4 && StepUpdate.none.isEmpty)
  }

  @Test("an update of another K, or beyond the range of numbers, changes nothing")
  func wrong() throws {
    let start = try Coefficients([1, .greatestFiniteMagnitude])
    let large = Float.greatestFiniteMagnitude
    let wrong: [(StepUpdate, SeedBasisError)] = [
      (.all([1]), .coefficientCount(1, expected: 2)),
      (
        .pairs([StepRecord(candidate: 0, increment: 1), StepRecord(candidate: 2, increment: 1)]),
        .noSuchCandidate(2, candidateCount: 2)
      ),
      (
        .pairs([StepRecord(candidate: -1, increment: 1)]),
        .noSuchCandidate(-1, candidateCount: 2)
      ),
      (
        .all([1, large]),
        .coefficientNotFinite(candidate: 1, value: 2 * Double(large))
      ),
    ]
    for (update, expected) in wrong {
      var sums = start
      #expect(throws: expected) { try sums.add(update) }
      #expect(sums == start)
    }
  }
}
