import Crypto
import Foundation
import Tensors
import TestSupport
import Testing
import Weights

@Suite("tiny-quantised against the Python package gguf")
struct TinyQuantisedTests {
  private struct Expected: Decodable {
    let sha256, weights_sha256: String
  }

  @Test("the file is that of the reference, and every weight has its bits")
  func bits() throws {
    let folder = RealInputs.tinyQuantised
    let expected = try RealInputs.json(folder + "/expected.json", as: Expected.self)
    let store = try WeightStore.open(path: folder + "/model.gguf")
    #expect(store.identity(cache: nil) == expected.sha256)
    var hash = SHA256()
    for parameter in store.parameters.parameters {
      for value in try store.values(of: parameter.name) {
        unsafe withUnsafeBytes(of: value.bitPattern.littleEndian) {
          unsafe hash.update(bufferPointer: $0)
        }
      }
    }
    let found = hash.finalize().map { String(format: "%02x", $0) }.joined()
    #expect(found == expected.weights_sha256)
  }
}
