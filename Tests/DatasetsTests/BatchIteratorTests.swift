import Datasets
import Foundation
import Testing

@Suite("BatchIterator")
struct BatchIteratorTests {
  static func batches(_ iterator: inout BatchIterator, count: Int) -> [[Int]] {
    (0..<count).map { _ in iterator.next() }
  }

  @Test(
    "an epoch visits every example once, in batches of which only the last may be short",
    arguments: [(1, 1), (10, 1), (10, 3), (10, 10), (10, 64), (10, Int.max)])
  func coversEpochs(exampleCount: Int, batchSize: Int) {
    var iterator = BatchIterator(
      exampleCount: exampleCount, batchSize: batchSize, seed: 1, client: 0)
    let perEpoch = (exampleCount - 1) / batchSize + 1
    let epochs = (0..<3).map { _ in Self.batches(&iterator, count: perEpoch) }
    #expect(epochs.allSatisfy { $0.joined().sorted() == Array(0..<exampleCount) })
    #expect(epochs.allSatisfy { $0.dropLast().allSatisfy { $0.count == batchSize } })
    #expect(iterator.state == BatchIterator.State(epoch: 2, offset: exampleCount))
  }

  @Test("epochs, clients and seeds have orders of their own")
  func ordersDiffer() {
    var orders: [[Int]] = []
    for (seed, client) in [(1, 0), (1, 1), (2, 0)] as [(UInt64, UInt32)] {
      var iterator = BatchIterator(exampleCount: 50, batchSize: 50, seed: seed, client: client)
      orders += Self.batches(&iterator, count: 3)
    }
    #expect(Set(orders).count == 9)
  }

  @Test("an iterator resumed from a saved state goes on as if never stopped", arguments: 0..<12)
  func resumes(batchesBefore: Int) throws {
    var iterator = BatchIterator(exampleCount: 10, batchSize: 3, seed: 4, client: 2)
    _ = Self.batches(&iterator, count: batchesBefore)
    let file = try JSONEncoder().encode(iterator.state)
    var resumed = BatchIterator(exampleCount: 10, batchSize: 3, seed: 4, client: 2)
    try resumed.resume(at: JSONDecoder().decode(BatchIterator.State.self, from: file))
    #expect(resumed == iterator)
    #expect(Self.batches(&resumed, count: 9) == Self.batches(&iterator, count: 9))
  }

  @Test(
    "with strata an epoch visits every example once, and every batch has nearly the same shares",
    arguments: [[60, 40], [90, 7, 3], [1, 1, 98], [100]])
  func strata(sizes: [Int]) {
    let strata = sizes.enumerated().flatMap { [String](repeating: "s\($0)", count: $1) }
    var iterator = BatchIterator(
      exampleCount: 100, batchSize: 10, seed: 3, client: 1, strata: strata)
    let epochs = (0..<3).map { _ in Self.batches(&iterator, count: 10) }
    #expect(epochs.allSatisfy { $0.joined().sorted() == Array(0..<100) })
    #expect(Set(epochs).count == 3)
    for batch in epochs.joined() {
      for (stratum, size) in sizes.enumerated() {
        // Places of a stratum are a fixed distance apart; other strata shift the borders by one each.
        let count = batch.count { strata[$0] == "s\(stratum)" }
        #expect(abs(Double(count) - Double(size) / 10) <= Double(sizes.count))
      }
    }
  }

  @Test("a single stratum has the order of none")
  func oneStratum() {
    var plain = BatchIterator(exampleCount: 20, batchSize: 3, seed: 3, client: 1)
    var single = BatchIterator(
      exampleCount: 20, batchSize: 3, seed: 3, client: 1,
      strata: [String](repeating: "all", count: 20))
    #expect(Self.batches(&plain, count: 9) == Self.batches(&single, count: 9))
  }

  @Test("a state beyond the examples is refused", arguments: [-1, 11, Int.max, Int.min])
  func refusesForeignState(offset: Int) throws {
    var iterator = BatchIterator(exampleCount: 10, batchSize: 3, seed: 4, client: 2)
    let error = try #require(throws: BatchStateError.self) {
      try iterator.resume(at: BatchIterator.State(epoch: .max, offset: offset))
    }
    #expect(error.description.contains("at example \(offset), but the client has 10"))
  }

  @Test("the last epoch number is followed by the first")
  func epochWraps() throws {
    var iterator = BatchIterator(exampleCount: 10, batchSize: 10, seed: 4, client: 2)
    let first = iterator.next()
    try iterator.resume(at: BatchIterator.State(epoch: .max, offset: 10))
    #expect(iterator.next() == first)
  }
}
