internal import Bytes

/// What a server and its clients must have alike, or they compute different models.
package struct FederationIdentity: Equatable, Sendable {
  /// The SHA-256 of the base model, in hexadecimal.
  package var base: String
  /// The SHA-256 of the list of its tensors, in hexadecimal.
  package var parameterMap: String
  /// The kind of directions.
  package var basis: String
  /// K.
  package var candidates: Int
  /// The seed of the directions, in decimal: it may be larger than what JSON's readers hold.
  package var seed: String
  /// The SHA-256 of some elements of some directions: machines that make other bits have another.
  package var probe: String
  /// The SHA-256 of all shared settings and the model, in hexadecimal.
  package var digest: String
  /// The shared settings by the names of their options, so that one that differs can be named.
  package var settings: [String: String]

  /// Creates an identity.
  package init(
    base: String, parameterMap: String, basis: String, candidates: Int, seed: String,
    probe: String, digest: String, settings: [String: String]
  ) {
    self.base = base
    self.parameterMap = parameterMap
    self.basis = basis
    self.candidates = candidates
    self.seed = seed
    self.probe = probe
    self.digest = digest
    self.settings = settings
  }

  /// Returns the first thing that `other` has otherwise, in words; `nil` if there is none.
  package func disagreement(with other: FederationIdentity) -> String? {
    let pairs = [
      ("base", base, other.base), ("parameter_map", parameterMap, other.parameterMap),
      ("basis", basis, other.basis), ("candidates", "\(candidates)", "\(other.candidates)"),
      ("seed", seed, other.seed), ("probe", probe, other.probe),
    ]
    for (field, ours, theirs) in pairs where Self.differ(ours, theirs) {
      return Self.sentence(field, found: theirs, expected: ours)
    }
    for name in Set(settings.keys).union(other.settings.keys).sorted()
    where Self.differ(settings[name], other.settings[name]) {
      return Self.sentence(
        "the setting '\(name)'", found: other.settings[name] ?? "not set",
        expected: settings[name] ?? "not set")
    }
    guard Self.differ(digest, other.digest) else { return nil }
    return Self.sentence("digest", found: other.digest, expected: digest)
  }

  private static func differ(_ ours: String?, _ theirs: String?) -> Bool {
    ours.map { UTF8Text($0) } != theirs.map { UTF8Text($0) }
  }

  private static func sentence(_ field: String, found: String, expected: String) -> String {
    "\(field) is \(singleLine(found, limit: 80)), but must be \(singleLine(expected, limit: 80))"
  }

  /// Its members in a reply to `hello`.
  var members: [String: JSON] {
    [
      "base": .string(base), "parameter_map": .string(parameterMap), "basis": .string(basis),
      "candidates": .integer(candidates), "seed": .string(seed), "probe": .string(probe),
      "digest": .string(digest), "settings": JSON(members: settings.mapValues(JSON.string)),
    ]
  }

  /// Takes it out of a reply to `hello`.
  init(_ fields: inout RequestFields) throws(ServiceError) {
    base = try fields.text("base")
    parameterMap = try fields.text("parameter_map")
    basis = try fields.text("basis")
    candidates = try fields.integer("candidates")
    seed = try fields.text("seed")
    probe = try fields.text("probe")
    digest = try fields.text("digest")
    settings = [:]
    let value = try fields.value("settings")
    guard let object = value.object else {
      throw RequestFields.mismatch("settings", value, "an object")
    }
    for (key, value) in object {
      let name = try RequestFields.checkedName(key.string, key: "settings: name")
      guard let text = value.string else {
        throw RequestFields.mismatch("settings: \(name)", value, "a string")
      }
      settings[name] = text
    }
  }
}

/// Who a client is, and what it can do.
package struct ClientIdentity: Equatable, Sendable {
  /// What it has in common with all others.
  package var federation: FederationIdentity
  /// The version of the program.
  package var version: String
  /// Its number, below the number of clients.
  package var client: Int
  /// The number of its training examples.
  package var examples: Int
  /// The number of its held-out examples.
  package var heldOut: Int
  /// The memory it may use, in bytes; 0 if it is not known.
  package var memory: Int
  /// The estimators that it has memory for.
  package var estimators: [String]

  /// Creates an identity.
  package init(
    federation: FederationIdentity, version: String, client: Int, examples: Int, heldOut: Int,
    memory: Int, estimators: [String]
  ) {
    self.federation = federation
    self.version = version
    self.client = client
    self.examples = examples
    self.heldOut = heldOut
    self.memory = memory
    self.estimators = estimators
  }

  /// Its members in a reply to `hello`.
  var members: [String: JSON] {
    federation.members.merging(
      [
        "version": .string(version), "client": .integer(client), "examples": .integer(examples),
        "held_out": .integer(heldOut), "memory": .integer(memory),
        "estimators": .array(estimators.map(JSON.string)),
      ]
    ) { $1 }
  }
}
