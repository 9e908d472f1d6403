import Bytes
import Testing
import Weights

@Suite("JSON")
struct JSONTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func parse(_ text: String) throws -> JSON {
    _ = try folder.write("{\"v\":\(text)}", as: "config.json")
    return try #require(try HuggingFaceMetadata(folder: folder.path).configuration["v"])
  }

  @Test(
    "Values are what RFC 8259 says",
    arguments: [
      ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("0", .integer(0)),
      ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1e-05", .number(1e-5)),
      ("-2.5E+3", .number(-2500)), ("1.0", .number(1)), ("\"\"", .string("")),
      ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", .string("\"\\/\u{8}\u{C}\n\r\t")),
      ("\"\\u00e9\\ud83d\\ude00é😀\"", .string("é😀é😀")), (" [ ] ", .array([])),
      ("[1, [2]]", .array([.integer(1), .array([.integer(2)])])),
      ("{\"a\" : {} }", .object(["a": .object([:])])),
    ] as [(String, JSON)])
  func reads(text: String, value: JSON) throws {
    #expect(try parse(text) == value)
  }

  @Test(
    "Everything else is refused",
    arguments: [
      "", "nul", "True", "01", "-", "+1", ".5", "1.", "1e", "1e999", "NaN", "0x1", "'a'", "\"a",
      "\"\t\"", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
      "\"\\udc00\"", "[1,]", "[,1]", "[1 2]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "{1:1}",
      "{\"a\":1,\"a\":2}", "1}}", "// x", "\u{FEFF}1",
      String(repeating: "[", count: 64) + String(repeating: "]", count: 64),
    ])
  func refuses(text: String) throws {
    #expect(throws: WeightsError.self, "\(text)") { try parse(text) }
  }
}
