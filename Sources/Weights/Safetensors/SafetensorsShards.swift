internal import Bytes
internal import Foundation
internal import Tensors

/// The weight files of a Hugging Face folder: `model.safetensors`, or the shards that
/// `model.safetensors.index.json` names, and what the index says of them.
struct SafetensorsShards {
  /// The names of the files, sorted.
  let names: [String]

  /// The file of each tensor that the index names.
  private let map: [UTF8Text: UTF8Text]
  private let indexPath: String

  private static let single = "model.safetensors"
  private static let index = "model.safetensors.index.json"

  /// Reads which files there are.
  ///
  /// - Throws: ``WeightsError`` if there is neither a file of that name nor an index that can be used.
  init(_ metadata: HuggingFaceMetadata) throws(WeightsError) {
    indexPath = metadata.folder + "/" + Self.index
    if metadata.existingPath(Self.single) != nil {
      (names, map) = ([Self.single], [:])
      return
    }
    guard fileExists(indexPath) else { throw .format(Self.missing(metadata.folder)) }
    let value = try HuggingFaceMetadata.object(indexPath)["weight_map"]
    do { map = try Self.map(value, indexPath) } catch { throw .format(error) }
    names = Set(map.values).sorted().map(\.string)
  }

  private static func map(
    _ value: JSON?, _ path: String
  ) throws(FormatError) -> [UTF8Text: UTF8Text] {
    guard let members = value?.object, !members.isEmpty else {
      throw error(path, "weight_map", found: value?.summary ?? "no such key")
    }
    var map: [UTF8Text: UTF8Text] = [:]
    for (tensor, shard) in members {
      // A name with a slash could lead out of the folder.
      guard let name = shard.text, name.hasSuffix(".safetensors"), !name.contains("/") else {
        throw error(path, "weight_map, \(quoted(tensor.string))", found: shard.summary)
      }
      map[tensor] = name
    }
    return map
  }

  private static func error(_ path: String, _ place: String, found: String) -> FormatError {
    FormatError(
      path: path, kind: .malformed, place: place, found: found,
      expected: "names of tensors and of .safetensors files in the folder, without a path")
  }
}

// MARK: - What is wrong

extension SafetensorsShards {
  /// Throws unless the files have the tensors that the index says, and none besides that is trained.
  ///
  /// - Parameter naming: The canonical names of what the index names.
  func check(
    _ files: [SafetensorsFile], trained: [TensorView], _ naming: TensorNaming
  ) throws(FormatError) {
    guard !map.isEmpty else { return }
    let places = files.flatMap { file in
      file.tensors.map { (UTF8Text($0.name), UTF8Text(Self.name(of: file))) }
    }
    let found = Dictionary(places) { first, _ in first }
    let wrong = map.filter { found[$0.key] != $0.value }.keys.min()
    if let wrong {
      let other = found[wrong].map { "in \(quoted($0.string))" }
      throw disagreement(wrong, found: other ?? "in no file")
    }
    let known = Set(map.keys.map { UTF8Text(naming.canonicalName($0.string)) })
    if let extra = trained.first(where: { !known.contains(UTF8Text($0.parameter.name)) }) {
      throw disagreement(UTF8Text(extra.parameter.name), found: "only in a file, not in the index")
    }
  }

  private func disagreement(_ tensor: UTF8Text, found: String) -> FormatError {
    FormatError(
      path: indexPath, kind: .malformed, place: "tensor \(quoted(tensor.string))", found: found,
      expected: map[tensor].map { "in \(quoted($0.string))" } ?? "a place in weight_map",
      advice: "the index is of other files: fetch the folder again")
  }

  private static func name(of file: SafetensorsFile) -> String {
    String(file.file.path.split(separator: "/").last ?? "")
  }

  /// What to say of a folder without safetensors.
  private static func missing(_ folder: String) -> FormatError {
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let ends = [".bin", ".pt", ".pth", ".h5", ".msgpack", ".safetensors"]
    let weights = names.filter { name in ends.contains { name.hasSuffix($0) } }
    let others = weights.first { $0.hasPrefix("pytorch_model") } ?? weights.first
    let isSafetensors = others?.hasSuffix(".safetensors") ?? false
    return FormatError(
      path: folder, kind: .missing, place: "weights",
      found: others.map { "\(quoted($0)), but no file of the names" } ?? "no file of that name",
      expected: "\(single) or \(index)",
      advice: others.map { _ in
        isSafetensors
          ? "rename the file if it has all weights, or fetch the index of the shards"
          : "convert the weights to safetensors, such as by save_pretrained of transformers"
      })
  }
}
