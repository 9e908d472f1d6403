import Bytes

/// The header of a seed checkpoint's file, whose values are checked as they are taken out.
struct SeedCheckpointHeader {
  private let path: String
  private let json: JSON

  /// Parses the header, a part of `file`.
  init(_ file: MappedFile, _ range: Range<Int>) throws(SeedCheckpointError) {
    path = file.path
    do { json = try JSON.parse(FileSlice(file, range)) } catch {
      throw .malformed(
        path: path, place: "header, \(error.place)", found: error.found, expected: error.expected)
    }
    guard json.object != nil else { throw malformed("header", json, "a JSON object") }
  }

  private func malformed(_ place: String, _ found: JSON?, _ expected: String)
    -> SeedCheckpointError
  {
    .malformed(path: path, place: place, found: found?.summary ?? "no such key", expected: expected)
  }

  func text(_ key: String) throws(SeedCheckpointError) -> String {
    guard let text = json[key]?.string else { throw malformed(key, json[key], "a string") }
    return text
  }

  func hash(_ key: String) throws(SeedCheckpointError) -> String {
    guard let hash = json[key]?.string, isSHA256(hash) else {
      throw malformed(key, json[key], "64 lowercase hexadecimal digits")
    }
    return hash
  }

  private func count(_ key: String) throws(SeedCheckpointError) -> Int {
    let range = 0...SeedCheckpointFormat.countLimit
    guard let count = json[key]?.integer, range.contains(count) else {
      throw malformed(
        key, json[key], "an integer from \(range.lowerBound) to \(range.upperBound)")
    }
    return count
  }

  /// Returns the positive number `key`, rounded to `T`.
  private func positive<T: BinaryFloatingPoint>(_ key: String) throws(SeedCheckpointError) -> T {
    guard let number = json[key]?.double.map(T.init), number > 0, number.isFinite else {
      throw malformed(key, json[key], "a positive finite number")
    }
    return number
  }

  private func texts(_ key: String) throws(SeedCheckpointError) -> [String: String] {
    guard let members = json[key]?.object else { throw malformed(key, json[key], "an object") }
    var texts: [String: String] = [:]
    for (name, value) in members.sorted(by: { $0.key < $1.key }) {
      let place = "\(key), \(quoted(name.string))"
      guard SeedCheckpointFormat.isSettingKey(name.string) else {
        throw .malformed(
          path: path, place: place, found: "a key of \(name.string.utf8.count) bytes",
          expected: SeedCheckpointFormat.settingKeyRule)
      }
      guard let text = value.string else { throw malformed(place, value, "a string") }
      texts[name.string] = text
    }
    return texts
  }

  /// How the coordinates were found.
  func history() throws(SeedCheckpointError) -> SeedCheckpoint.History {
    SeedCheckpoint.History(
      epsilon: try positive("epsilon"), learningRate: try positive("learning_rate"),
      steps: try count("steps"), rounds: try count("rounds"), tool: try text("tool"),
      settings: try texts("settings"))
  }

  /// The tensors that the directions move, which files of version 1 do not restrict.
  private func parameters(version: Int) throws(SeedCheckpointError) -> ParameterPattern? {
    guard version == SeedCheckpointFormat.versionWithParameters else { return nil }
    let text = try text("parameters")
    do { return try ParameterPattern(text) } catch {
      throw malformed(
        "parameters", json["parameters"], ParameterPattern.brokenRule(of: text) ?? "a pattern")
    }
  }

  /// The directions of a file of format `version`.
  func basis(version formatVersion: Int) throws(SeedCheckpointError) -> SeedBasis {
    let version = try count("basis_version")
    guard version == SeedBasis.version else {
      throw .unsupported(
        path: path, place: "basis_version", version: version, expected: "\(SeedBasis.version)")
    }
    let name = UTF8Text(try text("basis"))
    guard let kind = BasisKind.allCases.first(where: { UTF8Text($0.rawValue) == name }) else {
      let names = BasisKind.allCases.map(\.rawValue)
      throw malformed("basis", json["basis"], names.joined(separator: " or "))
    }
    let seedText = try text("basis_seed")
    guard let seed = UInt64(seedText), String(seed) == seedText else {
      throw malformed("basis_seed", json["basis_seed"], "the decimal digits of a 64-bit integer")
    }
    let candidateCount = try count("candidates")
    let parameters = try parameters(version: formatVersion)
    do {
      return try SeedBasis(
        kind: kind, seed: seed, candidateCount: candidateCount, parameters: parameters)
    } catch {
      let range = SeedBasis.candidateRange(of: kind)
      throw malformed(
        "candidates", json["candidates"],
        (kind == .hadamard ? "a power of two" : "an integer")
          + " from \(range.lowerBound) to \(range.upperBound)")
    }
  }
}
