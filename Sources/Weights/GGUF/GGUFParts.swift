internal import Bytes

/// The files of a GGUF model that llama.cpp's `gguf-split` has cut, or the one file of another.
///
/// Each part says how many there are and which it is (`split.count`, `split.no` from 0), how many tensors
/// they have together (`split.tensors.count`), and is named `NAME-00001-of-00003.gguf`. The first has
/// the metadata of the model.
///
/// Source: `examples/gguf-split` of llama.cpp.
struct GGUFParts {
  /// The parts in their order; at least one.
  let files: [GGUFFile]

  /// What the model says about itself.
  var metadata: GGUFMetadata { files[0].metadata }

  /// Opens the file at `path`, and with it all other parts of its model.
  ///
  /// - Throws: ``WeightsError`` if a file cannot be read, a part is missing, or they do not fit together.
  init(path: String) throws(WeightsError) {
    let file = try GGUFFile.open(path: path)
    guard let count = file.metadata.integer("split.count"), count > 1 else {
      files = [file]
      return
    }
    let name = try PartName(of: file, count: count)
    var files: [GGUFFile] = []
    for number in 1...count { files.append(try Self.part(number, of: name, given: file)) }
    self.files = files
    do {
      try checkParts(count: count)
      try checkTensors()
    } catch { throw .format(error) }
  }

  /// Opens part `number`, or refuses the model for want of it.
  private static func part(
    _ number: Int, of name: PartName, given: GGUFFile
  ) throws(WeightsError) -> GGUFFile {
    if number == name.number { return given }
    let path = name.path(of: number)
    if fileExists(path) { return try GGUFFile.open(path: path) }
    throw .format(
      FormatError(
        path: given.file.path, kind: .missing, place: "part \(number) of \(name.count)",
        found: "no file \(quoted(path, limit: 4096))", expected: "all parts in one folder",
        advice: "fetch the other parts; llama-gguf-split --merge makes one file of them"))
  }

  private func checkParts(count: Int) throws(FormatError) {
    for (index, part) in files.enumerated() {
      try part.check("split.no", index)
      try part.check("split.count", count)
    }
  }

  private func checkTensors() throws(FormatError) {
    let count = files.reduce(0) { $0 + $1.tensors.count }
    try files[0].check("split.tensors.count", count)
    var names: Set<UTF8Text> = []
    for part in files {
      for tensor in part.tensors where !names.insert(UTF8Text(tensor.name)).inserted {
        throw FormatError(
          path: part.file.path, kind: .malformed, place: "tensor \(quoted(tensor.name))",
          found: "the name also in another part", expected: "distinct names")
      }
    }
  }
}

extension GGUFFile {
  /// Throws unless the key `key` of the file has the value `expected`.
  fileprivate func check(_ key: String, _ expected: Int) throws(FormatError) {
    let found = metadata.integer(key)
    guard found != expected else { return }
    throw FormatError(
      path: file.path, kind: .malformed, place: "metadata \"\(key)\"",
      found: found.map(String.init) ?? "no integer", expected: "\(expected)",
      advice: "the parts are not of one model: fetch all of them again")
  }
}

/// The name of a part, such as `NAME-00001-of-00003.gguf`.
private struct PartName {
  /// Which part it is, from 1.
  let number: Int
  /// How many there are.
  let count: Int
  private let start: Substring

  /// Takes the name of `file` apart, which says that it is one of `count` parts.
  init(of file: GGUFFile, count: Int) throws(WeightsError) {
    let path = file.file.path
    number = (file.metadata.integer("split.no") ?? 0) &+ 1
    self.count = count
    let end = Self.end(number, count)
    guard (1...count).contains(number), count <= 99_999, path.utf8.count > end.utf8.count,
      path.hasSuffix(end)
    else {
      throw .format(
        FormatError(
          path: path, kind: .missing, place: "the name of part \(number) of \(count)",
          found: quoted(path.split(separator: "/").last ?? "", limit: 255),
          expected: "a name that ends in \(end), by which the other parts are found",
          advice: "give the parts their names again"))
    }
    start = path.dropLast(end.count)
  }

  /// The path of part `number`.
  func path(of number: Int) -> String { start + Self.end(number, count) }

  private static func end(_ number: Int, _ count: Int) -> String {
    "-\(digits(number))-of-\(digits(count)).gguf"
  }

  private static func digits(_ number: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, 5 - text.count)) + text
  }
}
