import Datasets
import Testing

@Suite("HeldOutSplit")
struct HeldOutSplitTests {
  @Test(
    "the right number is held out, every category giving its part within one",
    arguments: [0, 1, 10, 33, 64, 99, 110])
  func isStratified(heldOutCount: Int) {
    let sizes = [50, 30, 20, 9, 1]
    let categories = PartitionTests.categories(sizes)
    let split = HeldOutSplit(categories: categories, heldOutCount: heldOutCount, seed: 1)
    #expect(split.heldOut.count == heldOutCount)
    #expect((split.heldOut + split.training).sorted() == Array(categories.indices))
    let parts = sizes.indices.map { category in
      split.heldOut.filter { categories[$0] == "c\(category)" }.count
    }
    let errors = zip(parts, sizes).map { abs($0 * 110 - $1 * heldOutCount) }
    #expect(errors.allSatisfy { $0 < 110 })
  }

  @Test("the split is a function of the seed, and favours no place in the file")
  func dependsOnSeedOnly() {
    let categories = [String](repeating: "c", count: 100)
    func heldOut(_ seed: UInt64) -> [Int] {
      HeldOutSplit(categories: categories, heldOutCount: 50, seed: seed).heldOut
    }
    #expect(heldOut(1) == heldOut(1) && heldOut(1) != heldOut(2))
    var counts = [Int](repeating: 0, count: 100)
    for seed in 0..<400 { for index in heldOut(UInt64(seed)) { counts[index] += 1 } }
    // 200 expected, standard deviation 10; five of them.
    #expect(counts.allSatisfy { abs($0 - 200) <= 50 })
  }
}
