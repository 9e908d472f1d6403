import Crypto
import Datasets
import Testing

@Suite("The fingerprint of examples")
struct FingerprintTests {
  private static let example = Example(
    instruction: "a", context: "b", response: "c", category: "d", options: ["c", "e"])

  @Test("is the SHA-256 of the fields as the text says")
  func definition() {
    func number(_ value: UInt8) -> [UInt8] { [value, 0, 0, 0, 0, 0, 0, 0] }
    func text(_ text: String) -> [UInt8] { number(UInt8(text.utf8.count)) + text.utf8 }
    let bytes =
      number(1) + ["a", "b", "c", "d"].flatMap(text) + number(2) + text("c") + text("e")
      + number(0)
    let expected = SHA256.hash(data: bytes).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    #expect(Dataset(examples: [Self.example]).fingerprint == expected.joined())
  }

  @Test("tells any two data sets apart that differ in a field, in an option or in their parts")
  func differences() {
    func changed(_ change: (inout Example) -> Void) -> Dataset {
      var example = Self.example
      change(&example)
      return Dataset(examples: [example])
    }
    let all = [
      Dataset(examples: [Self.example]), Dataset(examples: [Self.example, Self.example]),
      Dataset(examples: [Self.example], test: [Self.example]),
      changed { $0.instruction = "" }, changed { $0.context = "" }, changed { $0.response = "" },
      changed { $0.category = "" }, changed { $0.options = [] },
      changed { $0.options = ["ce"] }, changed { $0.options = ["e", "c"] },
      changed { ($0.instruction, $0.context) = ("ab", "") },
      changed { ($0.instruction, $0.context) = ("", "ab") },
    ]
    #expect(Set(all.map(\.fingerprint)).count == all.count)
  }

  @Test("the one of early versions is what they recorded, with and without a test part")
  func early() {
    let examples = SyntheticTask.examples(countPerTask: 6, seed: 1)
    #expect(
      Dataset(examples: examples).descriptionFingerprint
        == "091bd2d1676800f6eed8fce8bfef985b50902916b39bd27d842f062dc36c0ff3")
    #expect(
      Dataset(examples: examples, test: examples).descriptionFingerprint
        != Dataset(examples: examples).descriptionFingerprint)
  }
}
