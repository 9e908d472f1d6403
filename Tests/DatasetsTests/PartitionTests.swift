import Datasets
import Testing

@Suite("Partition")
struct PartitionTests {
  /// Categories "c0", "c1", … of the given sizes, mixed.
  static func categories(_ sizes: [Int]) -> [String] {
    (0..<(sizes.max() ?? 0)).flatMap { row in
      sizes.indices.filter { row < sizes[$0] }.map { "c\($0)" }
    }
  }

  static let rules: [PartitionRule] = [
    .iid, .byCategory, .dirichlet(alpha: 0.1), .dirichlet(alpha: 0.5), .dirichlet(alpha: 100),
    .quantity(alpha: 2),
  ]

  @Test(
    "every example belongs to one client, and every client has its minimum", arguments: rules,
    [1, 3, 7])
  func dividesAll(rule: PartitionRule, clientCount: Int) throws {
    let categories = Self.categories([100, 40, 300, 80, 60])
    let partition = try Partition(
      categories: categories, clientCount: clientCount, rule: rule, seed: 3)
    #expect(partition.clients.count == clientCount)
    #expect(partition.clients.joined().sorted() == Array(categories.indices))
    #expect(partition.clients.allSatisfy { $0.count >= rule.defaultMinimum && $0 == $0.sorted() })
  }

  @Test("the division is a function of the seed", arguments: rules)
  func dependsOnSeedOnly(rule: PartitionRule) throws {
    let categories = Self.categories([50, 60, 70])
    let partitions = try [1, 1, 2].map {
      try Partition(categories: categories, clientCount: 4, rule: rule, seed: $0).clients
    }
    #expect(partitions[0] == partitions[1] && partitions[0] != partitions[2])
  }

  @Test("iid clients differ in size by one at most and mix the categories")
  func iidIsEven() throws {
    let categories = Self.categories([500, 500])
    let clients = try Partition(
      categories: categories, clientCount: 7, rule: .iid, seed: 1
    ).clients
    #expect(Set(clients.map(\.count)) == [142, 143])
    // Hypergeometric: mean 71, standard deviation 5.5; five of them.
    let firsts = clients.map { $0.filter { categories[$0] == "c0" }.count }
    #expect(firsts.allSatisfy { abs($0 - 71) < 28 } && Set(firsts).count > 1)
  }

  @Test(
    "by category, clients get one kind each, the large ones shared and the small ones joined",
    arguments: [
      ([30, 20, 10], 3, [30, 20, 10]), ([30, 20, 10], 6, [10, 10, 10, 10, 10, 10]),
      ([30, 20, 10], 4, [15, 15, 20, 10]), ([30, 20, 10, 5], 2, [35, 30]),
      ([9, 9, 9], 2, [18, 9]),
    ])
  func byCategorySizes(sizes: [Int], clientCount: Int, expected: [Int]) throws {
    let categories = Self.categories(sizes)
    let clients = try Partition(
      categories: categories, clientCount: clientCount, rule: .byCategory, seed: 1
    ).clients
    #expect(clients.map(\.count) == expected)
    let kinds = clients.map { Set($0.map { categories[$0] }).count }
    #expect(clientCount < sizes.count || kinds.allSatisfy { $0 == 1 })
  }

  @Test("a small alpha gives clients few categories, a large one all")
  func dirichletSkew() throws {
    let categories = Self.categories([200, 200, 200, 200, 200])
    /// The mean over clients of the largest category's part.
    func concentration(_ alpha: Double) throws -> Double {
      let clients = try Partition(
        categories: categories, clientCount: 10, rule: .dirichlet(alpha: alpha), seed: 5
      ).clients
      let parts = clients.map { client in
        let counts = Dictionary(grouping: client) { categories[$0] }.values.map(\.count)
        return Double(counts.max() ?? 0) / Double(client.count)
      }
      return parts.reduce(0, +) / 10
    }
    #expect(try concentration(0.1) > 0.6)
    #expect(try concentration(1000) < 0.3)
  }

  @Test("by key, each value of the field has a client, and their numbers must agree")
  func byKey() throws {
    let categories = Self.categories([30, 2, 10])
    let clients = try Partition(
      categories: categories, clientCount: 3, rule: .byKey("user"), seed: 1
    ).clients
    #expect(clients.map { Set($0.map { categories[$0] }) } == [["c0"], ["c1"], ["c2"]])
    let error = #expect(throws: PartitionError.keyCount(found: 3, clientCount: 4)) {
      try Partition(categories: categories, clientCount: 4, rule: .byKey("user"), seed: 1)
    }
    #expect(error?.description.contains("set their number to 3") == true)
  }

  @Test("quantity skew differs in sizes, the more the smaller alpha, and mixes the categories")
  func quantitySkew() throws {
    let categories = Self.categories([1000, 1000])
    /// The largest client's size over the mean.
    func skew(_ alpha: Double) throws -> Double {
      let clients = try Partition(
        categories: categories, clientCount: 10, rule: .quantity(alpha: alpha), seed: 5
      ).clients
      let large = clients.filter { $0.count > 100 }
      // Four standard deviations of half of a hundred and more.
      let shares = large.map { client in
        Double(client.filter { categories[$0] == "c0" }.count) / Double(client.count)
      }
      #expect(shares.allSatisfy { abs($0 - 0.5) < 0.2 })
      return Double(clients.map(\.count).max() ?? 0) / 200
    }
    #expect(try skew(0.5) > 1.5)
    #expect(try skew(1000) < 1.2)
  }

  @Test("the reference setting on Dolly's category sizes succeeds", arguments: [0.5, 5])
  func referenceSetting(alpha: Double) throws {
    let categories = Self.categories([1766, 2136, 1773, 709, 2191, 1506, 3742])
    let partition = try Partition(
      categories: categories, clientCount: 200, rule: .dirichlet(alpha: alpha), seed: 1)
    #expect(partition.clients.allSatisfy { $0.count >= 10 })
  }

  @Test("too few examples are refused with the numbers")
  func refusesTooFew() {
    #expect(throws: PartitionError.tooFewExamples(exampleCount: 5, clientCount: 6, minimum: 1)) {
      try Partition(categories: Self.categories([5]), clientCount: 6, rule: .iid, seed: 1)
    }
    #expect(throws: PartitionError.tooFewForClient(client: 1, exampleCount: 2, minimum: 5)) {
      try Partition(
        categories: Self.categories([30, 2]), clientCount: 2, rule: .byCategory, seed: 1,
        minimum: 5)
    }
    #expect(throws: PartitionError.noDrawSucceeded(attempts: 1000, minimum: 10)) {
      try Partition(
        categories: Self.categories([100]), clientCount: 10, rule: .dirichlet(alpha: 0.01), seed: 1)
    }
    #expect(throws: PartitionError.self) {
      try Partition(categories: [], clientCount: 1, rule: .iid, seed: 1)
    }
  }

  @Test(
    "a rule's text is read as written",
    arguments: [
      ("iid", PartitionRule.iid), ("by-category", .byCategory),
      ("dirichlet:0.5", .dirichlet(alpha: 0.5)), ("dirichlet:5", .dirichlet(alpha: 5)),
      ("dirichlet:1e-3", .dirichlet(alpha: 0.001)), ("quantity:2", .quantity(alpha: 2)),
      ("by-key:user", .byKey("user")), ("by-key:a:b", .byKey("a:b")),
    ])
  func readsRule(text: String, rule: PartitionRule) throws {
    #expect(try PartitionRule(parsing: text) == rule)
    #expect(try PartitionRule(parsing: rule.description) == rule)
  }

  @Test(
    "other texts are refused with the choices",
    arguments: [
      "", "IID", "dirichlet", "dirichlet:", "dirichlet:0", "dirichlet:-1", "dirichlet:nan",
      "dirichlet:inf", "dirichlet:1e999", "dirichlet:0.5:1", "by-category:2", "dirichlet: 0.5",
      "quantity:0", "by-key:", "by-key", "by-key:\"", "by-key:\\", "by-key:\n",
      "by-key:" + String(repeating: "x", count: 65),
    ])
  func refusesRule(text: String) throws {
    let error = try #require(throws: PartitionError.self) { try PartitionRule(parsing: text) }
    #expect(error == .unknownRule(text) && error.description.contains("dirichlet:0.5"))
  }
}
