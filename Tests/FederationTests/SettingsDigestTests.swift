import Federation
import Settings
import Testing

@Suite("What server and clients must share")
struct SettingsDigestTests {
  /// Every setting, each with a text of its own.
  private static let record = record()

  private static func record(changing changed: SettingKey? = nil) -> SettingsRecord {
    SettingKey.allCases.reduce([:]) { record, key in
      let value = key == changed ? "other" : key.rawValue
      return record.merging(SettingsRecord(dictionaryLiteral: (key, value)))
    }
  }

  private static let own: Set<SettingKey> = [
    .toolVersion, .model, .modelSha256, .dataSha256, .data, .columns, .dataTemplate, .labels,
    .split,
    .heldOut, .partition, .mode, .storage, .recompute, .steps, .checkpointEvery, .evaluateEvery,
    .patience,
    .concurrentClients, .instructionSet,
  ]

  @Test(
    "the digest depends on the settings of the method and the federation, and on nothing else",
    arguments: SettingKey.allCases)
  func keys(_ key: SettingKey) {
    let digests = [Self.record, Self.record(changing: key)].map {
      SettingsDigest(of: $0, base: "b", parameterMap: "p")
    }
    #expect((digests[0] == digests[1]) == Self.own.contains(key))
  }

  @Test("and on the model")
  func model() {
    let digests = [("b", "p"), ("c", "p"), ("b", "q")].map {
      SettingsDigest(of: Self.record, base: $0, parameterMap: $1)
    }
    #expect(Set(digests).count == 3)
  }
}
