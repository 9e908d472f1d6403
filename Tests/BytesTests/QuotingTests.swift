import Bytes
import Testing

@Suite("Quoting")
struct QuotingTests {
  @Test("A name is shown in quotes, its control characters escaped")
  func escapes() {
    #expect(quoted("a\nb") == "\"a\\nb\"")
  }
}
