internal import Bytes
internal import Crypto
public import Settings

/// The SHA-256 of all settings that server and clients must agree on.
///
/// It stands in every message, so that a client of another basis, base model or learning rate is
/// refused rather than averaged in.
public struct SettingsDigest: Hashable, Sendable, CustomStringConvertible {
  static let byteCount = 32

  /// The 32 bytes.
  public let bytes: [UInt8]

  /// Digests what both sides must share: settings of the method and of the federation, and the model.
  ///
  /// Nothing else in `settings` counts: neither the data, which are each client's own, nor how a machine
  /// holds its weights, nor when the server measures or stops. ``Settings/SettingKey/isShared`` draws the
  /// line.
  ///
  /// - Parameters:
  ///   - settings: Those of a client or of the server.
  ///   - base: The SHA-256 of the base model, in hexadecimal.
  ///   - parameterMap: The SHA-256 of the list of its tensors, in hexadecimal.
  public init(of settings: SettingsRecord, base: String, parameterMap: String) {
    let shared = settings.filter(\.isShared).texts
    self.init(of: shared.merging(["base": base, "parameter-map": parameterMap]) { $1 })
  }

  /// Digests named values, in the order of their names.
  ///
  /// Each name and each value is hashed as its length in UTF-8 bytes (8 bytes, little-endian) and
  /// then those bytes.
  package init(of values: [String: String]) {
    var hasher = SHA256()
    for (name, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      for text in [name, value] {
        var writer = ByteWriter(capacity: 8 + text.utf8.count)
        writer.append(text.utf8.count, width: 8)
        writer.append(text.utf8)
        hasher.update(data: writer.bytes)
      }
    }
    bytes = Array(hasher.finalize())
  }

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// All bytes in hexadecimal.
  package var text: String { hexadecimal(bytes) }

  /// The first 8 bytes in hexadecimal, enough to tell two digests apart in an error.
  public var description: String {
    hexadecimal(bytes.prefix(8))
  }
}

extension SettingKey {
  /// Whether server and clients must have the same value.
  package var isShared: Bool {
    switch self {
    // What a step computes, from which candidates, and how often.
    case .method, .objective, .basis, .candidates, .parameters, .seed, .learningRate, .schedule,
      .warmup, .epsilon, .directions, .estimator, .draws, .batch, .accumulate, .order,
      .optimizer, .momentum, .beta1, .beta2, .adamEpsilon, .normLimit, .lossDifferenceLimit,
      .scalarClip, .significanceClip, .hasLeadingZero, .isUnbiased:
      true
    // What the text around an example is, and how much of it counts: part of the objective.
    case .template, .templateSha256, .lengthLimit, .endToken: true
    // What the rounds are, and what the server makes of them.
    case .clients, .participation, .rounds, .localSteps, .aggregation, .serverOptimizer,
      .serverMomentum,
      .serverLearningRate, .serverBeta2, .serverTau, .precision, .window, .zerothOrderShare,
      .zerothOrderLearningRate, .incrementLimit, .privacy, .privacyClip, .privacyNoise:
      true
    // Hashed by its content.
    case .model, .modelSha256: false
    // A client's data are its own, and so is how a simulation shares them out.
    case .data, .columns, .dataSha256, .dataTemplate, .labels, .split, .heldOut, .partition: false
    // Each machine holds weights as it can. The bits of a client's scalars are its own affair.
    case .mode, .storage, .recompute, .instructionSet, .concurrentClients, .toolVersion: false
    // When one measures, saves and stops.
    case .steps, .checkpointEvery, .evaluateEvery, .patience: false
    }
  }
}
