import Bytes
import Testing
import Weights

@Suite("Eviction")
struct EvictionTests {
  @Test("Pages that were given back hold the same bytes when they are read again")
  func keepsContent() throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 31) }
    let file = try MappedFile(path: folder.write(bytes, as: "data"))
    let before = file.sha256()
    file.evict()
    #expect(file.sha256() == before)
  }
}
