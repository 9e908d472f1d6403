public import Settings

/// How many of the clients take part in a round.
public struct Participation: Equatable, Sendable {
  /// Up to 1, the share of the clients; from 2, a number of clients.
  public let value: Double

  /// Every client in every round.
  public static let all = Participation(checked: 1)

  /// Creates a participation.
  ///
  /// - Throws: ``SettingsError`` unless `value` is a share in `(0, 1]` or a whole number from 2.
  public init(_ value: Double) throws(SettingsError) {
    let isShare = value > 0 && value <= 1
    guard isShare || (value >= 2 && Int(exactly: value) != nil) else {
      throw SettingsError(
        .participation, found: "\(value)",
        expected: "a share above 0 and up to 1, or a whole number of clients from 2")
    }
    self.init(checked: value)
  }

  private init(checked value: Double) { self.value = value }

  /// Returns the number of clients in a round: the share rounded down, but at least one.
  ///
  /// - Throws: ``SettingsError`` if more clients are asked for than there are.
  func participantCount(of clientCount: Int) throws(SettingsError) -> Int {
    if value <= 1 { return max(1, Int(value * Double(clientCount))) }
    guard value <= Double(clientCount) else {
      throw SettingsError(
        .participation, found: "\(Int(value))",
        expected: "at most the number of clients, \(clientCount)")
    }
    return Int(value)
  }
}
