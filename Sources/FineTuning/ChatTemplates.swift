internal import Bytes
internal import Foundation
internal import Weights

/// The chat templates of a model: one, or several by name, of which `default` is the one.
struct ChatTemplates {
  /// The templates by name.
  private let templates: [String: String]

  /// Where newer folders have all templates but the default one.
  static let folder = "additional_chat_templates"

  /// Where newer folders have the default one.
  static let file = "chat_template.jinja"

  static let standard = "default"
  private static let key = "tokenizer.chat_template"

  /// Reads the metadata of a GGUF file.
  init(_ metadata: GGUFMetadata) {
    var templates: [String: String] = [:]
    for key in metadata.keys where key.hasPrefix(Self.key + ".") {
      templates[String(key.dropFirst(Self.key.count + 1))] = metadata.string(key)
    }
    templates[Self.standard] = metadata.string(Self.key) ?? templates[Self.standard]
    self.templates = templates
  }

  /// Reads `chat_template.jinja`, where newer folders have it, else `tokenizer_config.json`.
  ///
  /// - Throws: ``WeightsError`` or `FileError` if a file cannot be read.
  init(_ folder: HuggingFaceMetadata) throws {
    var templates = try Self.inConfiguration(folder)
    let others = folder.folder + "/" + Self.folder
    for name in (try? FileManager.default.contentsOfDirectory(atPath: others)) ?? []
    where name.hasSuffix(".jinja") {
      templates[String(name.dropLast(6))] = try Self.text("\(others)/\(name)")
    }
    if let path = folder.existingPath(Self.file) {
      templates[Self.standard] = try Self.text(path)
    }
    self.templates = templates
  }

  /// Returns the template in the file at `path`.
  static func text(_ path: String) throws(FileError) -> String {
    String(decoding: try MappedFile(path: path).array, as: UTF8.self)
  }

  /// Returns those of `tokenizer_config.json`: a text, or a list of objects with `name` and `template`.
  static func inConfiguration(
    _ folder: HuggingFaceMetadata
  ) throws(WeightsError) -> [String: String] {
    guard let path = folder.tokenizerConfigurationPath,
      let value = try HuggingFaceMetadata.object(path)["chat_template"]
    else { return [:] }
    if let text = value.string { return [standard: text] }
    let pairs = (value.array ?? []).compactMap { entry in
      entry["name"]?.string.flatMap { name in entry["template"]?.string.map { (name, $0) } }
    }
    return Dictionary(pairs) { first, _ in first }
  }

  /// The value of `chat_template` in `tokenizer_config.json`, or `nil` if there is none.
  var huggingFaceValue: Any? {
    if templates.count <= 1, let template = templates[Self.standard] { return template }
    guard !templates.isEmpty else { return nil }
    return templates.sorted { $0.key < $1.key }.map { ["name": $0.key, "template": $0.value] }
  }

  /// The metadata of a GGUF file.
  var ggufFields: [(key: String, value: GGUFField)] {
    let others = templates.filter { $0.key != Self.standard }.sorted { $0.key < $1.key }
    var fields: [(key: String, value: GGUFField)] = []
    if let template = templates[Self.standard] { fields.append((Self.key, .text(template))) }
    if !others.isEmpty { fields.append((Self.key + "s", .texts(others.map(\.key)))) }
    return fields + others.map { ("\(Self.key).\($0.key)", .text($0.value)) }
  }
}
