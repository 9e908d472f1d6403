import Bytes
import Foundation

/// A table of two tab-separated columns, a sentence and a label, as GLUE has them.
///
/// A first line that names its columns `sentence` and `label` is a header. Without one, the label
/// column is the one whose first value is a known label. Spaces around sentences are dropped.
///
/// A sentence becomes an instruction through a template, its label's word the response, and the
/// words of all labels the options:
///
///     unflinchingly bleak and desperate <tab> 0
///     → "unflinchingly bleak and desperate It was", "terrible"
///
/// Source of the default prompt: MeZO (arXiv:2305.17333), appendix E.2, SST-2.
public struct LabelledSentences: Sendable {
  /// How rows become prompts.
  public struct Options: Sendable, Equatable {
    /// The prompt, with `{sentence}` once and, if anywhere, `{label}` at its end.
    public var template = "{sentence} It was {label}"

    /// The word that stands for each label.
    public var words = ["0": "terrible", "1": "great"]

    /// Creates the options of MeZO's SST-2 prompt.
    public init() {}
  }

  let options: Options

  func read(_ file: DataFile) throws(DatasetError) -> [Example] {
    let form = try form(file)
    var rows = try file.lines.map { line throws(DatasetError) in
      (number: line.number, columns: try columns(of: line, in: file))
    }
    guard let first = rows.first else { return [] }
    let labelColumn = try labelColumn(of: first, in: file)
    if UTF8Text(first.columns[labelColumn]) == "label" { rows.removeFirst() }
    return try rows.map { row throws(DatasetError) in
      let label = row.columns[labelColumn]
      guard let example = form.example(row.columns[1 - labelColumn], label: label) else {
        throw DatasetError(file: file.path, line: row.number, problem: form.unknownLabel(label))
      }
      return example
    }
  }

  /// What a sentence and its label become.
  struct Form {
    fileprivate let before, after: String
    fileprivate let words: [String]
    fileprivate let wordOfLabel: [UTF8Text: String]

    /// Returns the example of a sentence, or `nil` if the label has no word.
    func example(_ sentence: String, label: String) -> Example? {
      guard let word = wordOfLabel[UTF8Text(label.trimmingCharacters(in: .whitespaces))] else {
        return nil
      }
      return Example(
        instruction: before + sentence.trimmingCharacters(in: .whitespaces) + after,
        response: word, category: word, options: words)
    }

    /// The problem of a label that has no word.
    func unknownLabel(_ label: String) -> DatasetError.Problem {
      .unknownLabel(
        found: clipped(label), expected: wordOfLabel.keys.sorted().map { clipped($0.string) })
    }
  }

  /// Returns what sentences of the file become.
  ///
  /// - Throws: ``DatasetError`` if the template has no place for them.
  func form(_ file: DataFile) throws(DatasetError) -> Form {
    var prompt = options.template[...]
    if prompt.hasSuffix("{label}") { prompt = prompt.dropLast("{label}".count) }
    while prompt.last?.isWhitespace == true { prompt.removeLast() }
    let parts = prompt.components(separatedBy: "{sentence}")
    guard parts.count == 2, !prompt.contains("{label}") else {
      throw DatasetError(file: file.path, problem: .badTemplate(found: clipped(options.template)))
    }
    return Form(
      before: parts[0], after: parts[1],
      words: options.words.sorted { $0.key < $1.key }.map(\.value),
      wordOfLabel: Self.byText(options.words))
  }

  private func columns(
    of line: (number: Int, bytes: ArraySlice<UInt8>), in file: DataFile
  ) throws(DatasetError) -> [String] {
    let text = try file.text(of: line.bytes, line: line.number)
    let columns = text.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
    guard columns.count == 2 else {
      throw DatasetError(
        file: file.path, line: line.number, problem: .columnCount(found: columns.count))
    }
    return columns.map { String(Substring($0)).trimmingCharacters(in: .whitespaces) }
  }

  /// The words by labels that are compared byte by byte.
  private static func byText(_ words: [String: String]) -> [UTF8Text: String] {
    Dictionary(uniqueKeysWithValues: words.map { (UTF8Text($0), $1) })
  }

  private func labelColumn(
    of first: (number: Int, columns: [String]), in file: DataFile
  ) throws(DatasetError) -> Int {
    let words = Self.byText(options.words)
    let header = first.columns.firstIndex { UTF8Text($0) == "label" }
    guard let column = header ?? first.columns.lastIndex(where: { words[UTF8Text($0)] != nil })
    else {
      throw DatasetError(
        file: file.path, line: first.number,
        problem: .noLabelColumn(
          found: first.columns.map { clipped($0) }, expected: options.words.keys.sorted()))
    }
    return column
  }
}
