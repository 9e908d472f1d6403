import Bytes
import Testing

@Suite("Quoting")
struct QuotingTests {
  @Test(
    "A name is shown in quotes, without what a terminal would obey",
    arguments: [
      ("a\nb", "\"a\\nb\""), ("\u{1B}[31m", "\"\\u{1B}[31m\""), ("\0", "\"\\0\""),
      ("a\"\\", "\"a\\\"\\\\\""), ("\u{202E}x", "\"\\u{202E}x\""), ("\u{9B}", "\"\\u{9B}\""),
      ("\u{2028}", "\"\\u{2028}\""), ("\u{FEFF}", "\"\\u{FEFF}\""), ("é😀", "\"é😀\""),
    ])
  func escapes(text: String, shown: String) {
    #expect(quoted(text) == shown)
  }

  @Test(
    "One thing has no plural", arguments: [(0, "0 rounds"), (1, "1 round"), (2, "2 rounds")])
  func counts(count: Int, text: String) {
    #expect(counted(count, "round") == text)
  }

  @Test("A text is cut by scalars, as one character may have any number")
  func cuts() {
    let marks = "a" + String(repeating: "\u{301}", count: 100)
    #expect(quoted(marks).unicodeScalars.count == 80 + 3)
    #expect(quoted("abc", limit: 3) == "\"abc\"" && quoted("abcd", limit: 3) == "\"abc\"…")
    #expect(singleLine("abcd\n", limit: 4) == "abcd…")
  }

  @Test(
    "A word of a command line is what a shell reads back",
    arguments: [
      ("runs/first-2.kseed", "runs/first-2.kseed"), ("my runs/t", "'my runs/t'"), ("", "''"),
      ("it's", #"'it'\''s'"#), ("~/x", "'~/x'"), ("a$b`c", "'a$b`c'"), ("é", "'é'"),
      ("a\nb'", #"$'a\012b\''"#), ("\u{202E}", #"$'\342\200\256'"#), ("*", "'*'"),
    ])
  func shellWords(text: String, word: String) { #expect(shellWord(text) == word) }

  @Test("A line keeps quotes and backslashes")
  func line() { #expect(singleLine("\"a\\b\"\t\r") == "\"a\\b\"\\t\\r") }

  @Test("Hexadecimal digits are two a byte, in lower case, and read back in either")
  func hexadecimalDigits() {
    #expect(hexadecimal([0, 9, 10, 255] as [UInt8]) == "00090aff")
    #expect(hexadecimalBytes("00090aFf") == [0, 9, 10, 255] && hexadecimalBytes("") == [])
    for wrong in ["0", "+f", "0x", "é0"] { #expect(hexadecimalBytes(wrong) == nil, "\(wrong)") }
    #expect("0aF g".utf8.map { hexadecimalValue($0) } == [0, 10, 15, nil, nil])
  }
}
