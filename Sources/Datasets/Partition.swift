import CounterRandom

/// Which examples each client of a federation has.
///
///     let rule = try PartitionRule(parsing: "dirichlet:0.5")
///     let partition = try Partition(
///       categories: examples.map(\.category), clientCount: 8, rule: rule, seed: 1)
///
/// A function of its arguments. Dirichlet shares pass through libm, whose last bits may differ
/// between machines, so runs keep the partition itself: see ``json``.
public struct Partition: Equatable, Sendable {
  /// How the examples were divided.
  public let rule: PartitionRule

  /// The seed of the division.
  public let seed: UInt64

  /// The number of examples divided.
  public let exampleCount: Int

  /// The indices of each client's examples, ascending; every index belongs to one client.
  public let clients: [[Int]]

  /// How often a Dirichlet division is drawn before the search is given up.
  public static let attemptLimit = 1000

  init(rule: PartitionRule, seed: UInt64, exampleCount: Int, clients: [[Int]]) {
    self.rule = rule
    self.seed = seed
    self.exampleCount = exampleCount
    self.clients = clients
  }

  /// Divides examples among clients.
  ///
  /// - Parameters:
  ///   - categories: The category of each example; with a rule by key, the value of that key.
  ///   - clientCount: The number of clients; positive.
  ///   - rule: How to divide.
  ///   - seed: The run's seed.
  ///   - minimum: The fewest examples a client may get, at least 1; the rule's default if `nil`.
  /// - Throws: ``PartitionError`` if a client would get fewer.
  public init(
    categories: [String], clientCount: Int, rule: PartitionRule, seed: UInt64, minimum: Int? = nil
  ) throws(PartitionError) {
    precondition(clientCount > 0, "a federation needs a client, not \(clientCount)")
    let minimum = max(1, minimum ?? rule.defaultMinimum)
    // Divided rather than multiplied: neither number is to be trusted with a product.
    guard categories.count / clientCount >= minimum else {
      throw .tooFewExamples(
        exampleCount: categories.count, clientCount: clientCount, minimum: minimum)
    }
    let divider = ExampleDivider(categories: categories, clientCount: clientCount, seed: seed)
    let clients =
      switch rule {
      case .iid: divider.iid()
      case .byCategory: divider.byCategory()
      case .dirichlet(let alpha):
        try divider.dirichlet(alpha: alpha, minimum: minimum, attempts: Self.attemptLimit)
      case .byKey: try divider.byKey()
      case .quantity(let alpha):
        try divider.quantity(alpha: alpha, minimum: minimum, attempts: Self.attemptLimit)
      }
    for (client, examples) in clients.enumerated() where examples.count < minimum {
      throw .tooFewForClient(client: client, exampleCount: examples.count, minimum: minimum)
    }
    self.init(
      rule: rule, seed: seed, exampleCount: categories.count, clients: clients.map { $0.sorted() })
  }
}
