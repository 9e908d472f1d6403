import CounterRandom

/// The ways to divide examples, each returning the indices of every client's examples.
struct ExampleDivider {
  private let clientCount: Int
  private let exampleCount: Int
  private let seed: UInt64
  /// The indices of each category's examples; categories in the order of their names.
  private let groups: [[Int]]

  init(categories: [String], clientCount: Int, seed: UInt64) {
    self.clientCount = clientCount
    self.seed = seed
    exampleCount = categories.count
    groups = indicesByCategory(categories)
  }

  /// Deals shuffled examples in turn.
  func iid() -> [[Int]] {
    var stream = RandomStream(.iidDivision, seed: seed)
    return deal(stream.shuffled(0..<exampleCount), to: clientCount)
  }

  /// Gives a client one category or, with fewer clients than categories, several.
  ///
  /// Spare clients go, one by one, to the category with most examples per client. Spare categories
  /// go, largest first, to the client with fewest examples.
  func byCategory() -> [[Int]] {
    clientCount < groups.count ? joinedGroups() : dividedGroups()
  }

  /// Divides each category in shares drawn from a Dirichlet distribution.
  ///
  /// Clients that have their even part of all examples get no more: the shares are drawn among the
  /// others, which is the distribution that zeroing and normalising gives, and never divides by 0.
  /// The whole is drawn again until every client has `minimum` examples.
  ///
  /// Source: Hsu et al. (arXiv:1909.06335); the two rules are those of FedKSeed's reference code.
  func dirichlet(
    alpha: Double, minimum: Int, attempts: Int
  ) throws(PartitionError) -> [[Int]] {
    for attempt in 0..<attempts {
      let clients = dirichletDraw(alpha: alpha, attempt: UInt32(attempt))
      if clients.allSatisfy({ $0.count >= minimum }) { return clients }
    }
    throw .noDrawSucceeded(attempts: attempts, minimum: minimum)
  }

  /// Gives each key's examples to a client of its own, in the order of the keys.
  func byKey() throws(PartitionError) -> [[Int]] {
    guard groups.count == clientCount else {
      throw .keyCount(found: groups.count, clientCount: clientCount)
    }
    return groups
  }

  /// Deals shuffled examples in shares drawn from a Dirichlet distribution.
  ///
  /// Source: Li et al. (arXiv:2102.02079), "quantity skew".
  func quantity(
    alpha: Double, minimum: Int, attempts: Int
  ) throws(PartitionError) -> [[Int]] {
    for attempt in 0..<attempts {
      var stream = RandomStream(.quantityDivision, seed: seed, b: UInt32(attempt))
      let order = stream.shuffled(0..<exampleCount)
      let clients = cut(order, stream.dirichlet(concentration: alpha, count: clientCount))
      if clients.allSatisfy({ $0.count >= minimum }) { return clients }
    }
    throw .noDrawSucceeded(attempts: attempts, minimum: minimum)
  }

  /// Cuts a list into runs of the given shares.
  private func cut(_ order: [Int], _ shares: [Double]) -> [[Int]] {
    var sum = 0.0
    var start = 0
    return shares.indices.map { index in
      sum += shares[index]
      // The last end is exact; rounding of the sum may miss it.
      let isLast = index == shares.count - 1
      let end = isLast ? order.count : min(order.count, Int(sum * Double(order.count)))
      defer { start = end }
      return Array(order[start..<end])
    }
  }

  private func dirichletDraw(alpha: Double, attempt: UInt32) -> [[Int]] {
    var stream = RandomStream(.dirichletDivision, seed: seed, b: attempt)
    var clients = [[Int]](repeating: [], count: clientCount)
    for group in groups {
      // One client at least is open: not all can have more than the mean before the last group.
      let open = clients.indices.filter { clients[$0].count * clientCount < exampleCount }
      let order = stream.shuffled(group)
      let shares = stream.dirichlet(concentration: alpha, count: open.count)
      for (client, part) in zip(open, cut(order, shares)) { clients[client] += part }
    }
    return clients
  }

  private func joinedGroups() -> [[Int]] {
    var clients = [[Int]](repeating: [], count: clientCount)
    let largestFirst = groups.indices.sorted { (groups[$1].count, $0) < (groups[$0].count, $1) }
    for group in largestFirst {
      let client = clients.indices.min { clients[$0].count < clients[$1].count } ?? 0
      clients[client] += groups[group]
    }
    return clients
  }

  private func dividedGroups() -> [[Int]] {
    var parts = [Int](repeating: 1, count: groups.count)
    for _ in groups.count..<clientCount {
      // Compares n/p as products; the first of equals is taken.
      let largest = groups.indices.max {
        groups[$0].count * parts[$1] < groups[$1].count * parts[$0]
      }
      parts[largest ?? 0] += 1
    }
    var stream = RandomStream(.categoryDivision, seed: seed)
    return zip(groups, parts).flatMap { group, parts in
      deal(stream.shuffled(group), to: parts)
    }
  }

  private func deal(_ examples: [Int], to count: Int) -> [[Int]] {
    (0..<count).map { first in
      stride(from: first, to: examples.count, by: count).map { examples[$0] }
    }
  }
}

/// The indices of each category's examples, ascending; categories in the order of their names.
func indicesByCategory(_ categories: [String]) -> [[Int]] {
  Dictionary(grouping: categories.indices) { categories[$0] }
    .sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
    .map(\.value)
}
