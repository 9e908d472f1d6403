/// The clients of a run: what each one holds, shaded by its share, what it sent and gained.
struct ClientTable {
  private let clients: ArraySlice<Client>
  private let hiddenCount: Int
  private let categories: [String]
  private let hasOthers: Bool
  /// Whether any client had a step whose loss is known.
  private let hasLosses: Bool

  /// The most clients that have a row.
  private static let rowLimit = 1000
  /// The largest categories get a column of their own; the rest share the last one.
  private static let columnLimit = 10
  private static let others = "other"

  /// Chooses the columns: the categories by size, then by name.
  init(_ clients: [Client]) {
    self.clients = clients.prefix(Self.rowLimit)
    hiddenCount = clients.count - self.clients.count
    hasLosses = clients.contains { $0.firstLoss != nil }
    var sizes: [String: Int] = [:]
    for client in clients { sizes.merge(client.categories, uniquingKeysWith: &+) }
    let ordered = sizes.keys.sorted { (sizes[$1, default: 0], $0) < (sizes[$0, default: 0], $1) }
    categories = Array(ordered.prefix(Self.columnLimit))
    hasOthers = ordered.count > Self.columnLimit
  }

  /// The table, and how many clients it does not have.
  @MarkupBuilder func markup() -> Markup {
    if hiddenCount > 0 {
      element("p") { "The first \(clients.count); \(hiddenCount) more are in rounds.jsonl." }
    }
    element("div", ["class": "scroll tall card"]) {
      element("table", ["class": "clients"]) {
        element("thead") { heading() }
        element("tbody") { for client in clients { row(client) } }
      }
    }
  }

  private func heading() -> Markup {
    element("tr") {
      for name in ["client", "examples"] { element("th") { name } }
      for category in columns(of: [:]).map(\.name) {
        element("th", ["class": "category"]) { element("span") { category } }
      }
      for name in ["rounds", "bytes up", "bytes down"]
        + (hasLosses ? ["first loss", "last loss"] : [])
      {
        element("th") { name }
      }
    }
  }

  private func row(_ client: Client) -> Markup {
    element("tr") {
      element("th") { client.name }
      element("td") { "\(client.examples)" }
      for column in columns(of: client.categories) {
        share(column.count, of: client.examples, column.name)
      }
      element("td") { "\(client.rounds)" }
      element("td") { Quantity.bytes.text(Double(client.bytesUp)) }
      element("td") { Quantity.bytes.text(Double(client.bytesDown)) }
      if hasLosses {
        element("td") { client.firstLoss.map(Quantity.loss.text) ?? "" }
        element("td") { client.lastLoss.map(Quantity.loss.text) ?? "" }
      }
    }
  }

  /// A count on a ground as strong as its share of the client's examples.
  private func share(_ count: Int, of examples: Int, _ category: String) -> Markup {
    let share = examples > 0 ? min(1, max(0, Double(count) / Double(examples))) : 0
    let percent = decimal(100 * share, places: 0)
    return element(
      "td",
      [
        "class": "share", "style": "--share: \(decimal(share, places: 2))",
        "title": "\(percent) % of the examples: \(category)",
      ]
    ) {
      count == 0 ? "" : "\(count)"
    }
  }

  private func columns(of counts: [String: Int]) -> [(name: String, count: Int)] {
    var columns = categories.map { (name: $0, count: counts[$0, default: 0]) }
    let rest = counts.filter { !categories.contains($0.key) }.values.reduce(0, &+)
    if hasOthers { columns.append((Self.others, rest)) }
    return columns
  }
}
