import Bytes
import Testing

@Suite("JSON from bytes")
struct JSONReaderTests {
  static func parse(_ text: String) throws(JSONError) -> JSON {
    try JSON.parse(Array(text.utf8)[...])
  }

  @Test(
    "Values are what RFC 8259 says",
    arguments: [
      (" null ", .null), ("true", .bool(true)), ("-0", .integer(0)), ("12", .integer(12)),
      ("-9223372036854775808", .integer(.min)),
      ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.0", .number(1)),
      ("-2.5E+3", .number(-2500)), ("1e-400", .number(0)),
      ("0.1000000000000000055511151231257827021181583404541015625", .number(0.1)),
      (#""\u00e9\ud83d\ude00\/\b\f\n\r\t\\\"""#, .string("é😀/\u{8}\u{C}\n\r\t\\\"")),
      (#""\u0000""#, .string("\0")), ("[ ]", .array([])), ("{ }", .object([:])),
      ("[1,[2,{}]]", .array([.integer(1), .array([.integer(2), .object([:])])])),
      ("{\"a\":{\"b\":[]},\"c\":1}", .object(["a": .object(["b": .array([])]), "c": .integer(1)])),
    ] as [(String, JSON)])
  func reads(text: String, value: JSON) throws {
    #expect(try Self.parse(text) == value)
  }

  @Test(
    "An error says where, what is there and what should be",
    arguments: [
      ("", 0, nil, "a JSON value"), ("nul", 0, "n", "a JSON value"),
      ("{\"a\":-}", 6, "}", "a digit"),
      ("01", 1, "1", "the end of the text"), ("1.", 2, nil, "a digit"),
      ("+1", 0, "+", "a JSON value"),
      ("[1 2]", 3, "2", "',' or ']'"), ("[1,]", 3, "]", "a JSON value"),
      ("{\"a\":1,}", 7, "}", "a key in quotes"), ("{\"a\" 1}", 5, "1", "':'"),
      ("{1:2}", 1, "1", "a key in quotes"), ("\"a", 2, nil, "a printable character or '\"'"),
      ("\"\t\"", 1, "\t", "a printable character or '\"'"),
      (#""\x""#, 2, "x", "an escape sequence"),
      (#""\u12g4""#, 5, "g", "a hexadecimal digit"),
      (#""\ud800""#, 3, "d", "a Unicode character or a pair of surrogates"),
      (#""\ud800\u0041""#, 3, "d", "a Unicode character or a pair of surrogates"),
      (#""\udc00""#, 3, "d", "a Unicode character or a pair of surrogates"),
      ("[1e999]", 1, "1e999", "a number in the range of binary64"),
      ("1}", 1, "}", "the end of the text"),
      ("\u{FEFF}1", 0, "\u{FEFF}", "a JSON value"),
      ("{\"a\":1,\"a\":2}", 7, "a", "distinct keys, not this a second time"),
    ] as [(String, Int, String?, String)])
  func refuses(text: String, offset: Int, found: String?, expected: String) {
    let error = #expect(throws: JSONError.self) { try Self.parse(text) }
    #expect(error?.offset == offset && error?.found == found && error?.expected == expected)
    #expect((error?.kind == .truncated) == (found == nil))
  }

  @Test("Keys that look alike are two if their bytes differ")
  func keys() throws {
    let value = try Self.parse("{\"\u{e9}\":1,\"e\u{301}\":2}")
    #expect(value["\u{e9}"] == .integer(1) && value["e\u{301}"] == .integer(2))
  }

  @Test("Bytes that are not UTF-8 are refused at the first of them, places counting from the slice")
  func notUTF8() {
    let bytes: [UInt8] = [0x7B, 0x22, 0xC0, 0x22]
    let error = #expect(throws: JSONError.self) { try JSON.parse(bytes[1...]) }
    #expect(error?.offset == 1 && error?.expected == "UTF-8 text")
  }

  @Test("64 arrays and objects may be inside one another, and a million are an error, not a trap")
  func depth() throws {
    func nested(_ count: Int, _ opening: String = "[", _ closing: String = "]") -> String {
      String(repeating: opening, count: count) + "1" + String(repeating: closing, count: count)
    }
    _ = try Self.parse(nested(64))
    for text in [nested(65), nested(1_000_000), nested(1_000_000, "{\"a\":", "}")] {
      let error = #expect(throws: JSONError.self) { try Self.parse(text) }
      #expect(error?.kind == .tooDeep)
    }
  }

  @Test("A tree has as many values as it may, and not one more")
  func size() throws {
    let text = Array("[1,[2],{\"a\":3}]".utf8)
    _ = try JSON.parse(text[...], valueLimit: 6)
    let error = #expect(throws: JSONError.self) { try JSON.parse(text[...], valueLimit: 5) }
    #expect(error?.kind == .tooManyValues)
    let million = Array(("[" + String(repeating: "0,", count: JSONReader.valueLimit) + "0]").utf8)
    #expect(throws: JSONError.self) { try JSON.parse(million[...]) }
  }

  @Test("Values are read one after the other, or passed over")
  func streams() throws {
    var reader = try JSONReader(
      Array("{\"a\": [1, 2] , \"b\":{\"c\":[{}]}, \"d\":\"x\"} ".utf8)[...])
    var sum = 0
    try reader.beginObject()
    while let key = try reader.nextKey() {
      guard key == "a" else {
        try reader.skipValue()
        continue
      }
      #expect(reader.isAtArray)
      try reader.beginArray()
      while try reader.nextElement() { sum += try reader.integer() }
    }
    try reader.finish()
    #expect(sum == 3)
  }

  @Test("Marks that would take a day to sort cost what other bytes do, where they are allowed")
  func combiningMarks() throws {
    let marks = String(repeating: "\u{345}\u{301}\u{323}\u{334}", count: 60_000)
    let text = "{\"\(marks)\":\"\(marks)\",\"\(marks)a\":1}"
    let time = try ContinuousClock().measure {
      let value = try JSON.parse(Array(text.utf8)[...], allowsManyMarks: true)
      #expect(value[marks]?.text == UTF8Text(marks))
      #expect(quoted(marks).utf8.count < 200)
    }
    #expect(time < .seconds(10))
  }

  @Test(
    "A text has a limited number of marks in a row elsewhere, read or gone past, escaped or not",
    arguments: [(256, false), (257, false), (256, true), (257, true)])
  func marksInARow(count: Int, isEscaped: Bool) {
    let marks = String(repeating: isEscaped ? #"\u0301"# : "\u{301}", count: count)
    let kind: JSONError.Kind? = count > UTF8Text.marksLimit ? .tooManyMarks : nil
    let value = Array("[\"a\(marks)b\(marks)\"]".utf8)
    #expect(kind == Self.kind { try JSON.parse(value[...]) })
    #expect(kind == Self.kind { try JSON.checkForDecoder(value[...]) })
    #expect(kind == Self.kind { try JSON.parse(Array("{\"\(marks)\":1}".utf8)[...]) })
  }

  private static func kind<Value>(_ body: () throws -> Value) -> JSONError.Kind? {
    do { _ = try body() } catch { return (error as? JSONError)?.kind }
    return nil
  }

  @Test("A text damaged at random is read or refused, never trapped on, seed 3")
  func damage() {
    let good = Array(
      #"{"a": [1, -2.5e3, "x\u00e9\ud83d\ude00"], "b": {"c": null, "d": [true]}}"#.utf8)
    var state: UInt64 = 3
    func random(below limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var refused = 0
    for _ in 0..<5000 {
      var bytes = good
      for _ in 0...random(below: 3) {
        bytes[random(below: bytes.count)] = UInt8(random(below: 256))
      }
      bytes = Array(bytes.prefix(random(below: 4) == 0 ? random(below: bytes.count) : .max))
      if (try? JSON.parse(bytes[...])) == nil { refused += 1 }
    }
    #expect(refused > 3000 && refused < 5000)
  }
}

@Suite("JSON as text")
struct JSONTextTests {
  @Test("reads back as the same value, and no number loses its kind")
  func roundTrip() throws {
    let value = JSON(members: [
      "b": .number(5), "a": .integer(5), "c": .array([.null, .bool(true), .number(1e-5)]),
      "d": JSON(members: ["\"x\n": .string("\u{1F}é"), "e": .object([:])]),
    ])
    #expect(try JSON.parse(Array(value.lines.utf8)[...]) == value)
    #expect(value.lines.hasPrefix("{\n  \"a\": 5,\n  \"b\": 5.0,\n  \"c\": [null, true, 1e-05],"))
  }
}

@Suite("Changes of JSON text")
struct JSONEditingTests {
  private func replace(_ text: String, _ values: [(key: String, text: String)]) throws -> String {
    String(decoding: try JSON.replacing(values, in: Array(text.utf8)), as: UTF8.self)
  }

  @Test("Values change where they stand, and new keys come last; all else stays")
  func replaces() throws {
    let text = "{ \"a\" : 1e-05 ,\n \"b\": [ {\"a\": 1.0} ] , \"\\u0063\": null\n}\n"
    let expected =
      "{ \"a\" : 2 ,\n \"b\": [ {\"a\": 1.0} ] , \"\\u0063\": \"x\",\n  \"d\": true\n}\n"
    #expect(try replace(text, [("c", "\"x\""), ("d", "true"), ("a", "2")]) == expected)
    #expect(try replace(text, []) == text)
    #expect(try replace(" { } ", [("a", "1")]) == " {\n  \"a\": 1 } ")
    #expect(try replace("{\"a\":{}}", [("a", "[]")]) == "{\"a\":[]}")
  }

  @Test(
    "What is no object is refused",
    arguments: ["", "[]", "{", "{\"a\":1", "{\"a\":1}x", "{\"a\":1,\"a\":2}", "{a:1}"])
  func refuses(text: String) {
    #expect(throws: JSONError.self) { try replace(text, [("a", "1")]) }
  }
}
