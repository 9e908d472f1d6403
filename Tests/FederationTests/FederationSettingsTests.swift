import Federation
import SeedDescent
import Settings
import Testing

@Suite("Federation settings")
struct FederationSettingsTests {
  @Test(
    "a share is rounded down to at least one client, a number is taken as it is",
    arguments: [
      (0.05, 738, 36), (0.05, 200, 10), (0.05, 8, 1), (1e-9, 1000, 1), (0.5, 3, 1), (1, 7, 7),
      (2, 7, 2), (7, 7, 7), (0.999, 1000, 999), (1, 1, 1),
    ])
  func participantCount(participation: Double, clients: Int, expected: Int) throws {
    let settings = try Example.settings(clients: clients, participation: participation)
    #expect(settings.participantCount == expected)
  }

  static let bad: [(key: SettingKey, make: @Sendable () throws -> FederationSettings)] = [
    (.participation, { try Example.settings(clients: 8, participation: 0) }),
    (.participation, { try Example.settings(clients: 8, participation: -0.5) }),
    (.participation, { try Example.settings(clients: 8, participation: .nan) }),
    (.participation, { try Example.settings(clients: 8, participation: .infinity) }),
    (.participation, { try Example.settings(clients: 8, participation: 1e300) }),
    (.participation, { try Example.settings(clients: 8, participation: 1.5) }),
    (.participation, { try Example.settings(clients: 8, participation: 9) }),
    (.clients, { try Example.settings(clients: 0) }),
    (.clients, { try Example.settings(clients: .max) }),
    (.candidates, { try Example.settings(clients: 1, candidates: -4) }),
    (.localSteps, { try Example.settings(clients: 1, localSteps: 0) }),
    (.localSteps, { try Example.settings(clients: 1, localSteps: 1 << 32) }),
    (.incrementLimit, { try Example.settings(clients: 1, limit: 0) }),
    (.incrementLimit, { try Example.settings(clients: 1, limit: .nan) }),
  ]

  @Test("a setting outside its range is refused by name", arguments: bad.indices)
  func refusals(index: Int) {
    let error = #expect(throws: SettingsError.self) { try Self.bad[index].make() }
    #expect(error?.key == Self.bad[index].key)
  }
}
