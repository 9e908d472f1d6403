/// JSON lines with the keys of Dolly-15K.
///
/// One object a line. `instruction` and `response` are needed; `context`, `category` and `options`,
/// the list of answers to choose from, may be missing or `null`. Other keys and blank lines are
/// ignored.
///
///     {"instruction": "Which is a fish?", "context": "", "response": "Tope", "category": "qa"}
///
/// Source: Conover et al., "Free Dolly" (2023), `databricks-dolly-15k.jsonl`.
public enum InstructionRecords {
  /// Reads all records; another `categoryKey` than `category` must be in each of them.
  static func read(
    _ file: DataFile, categoryKey: String = "category"
  ) throws(DatasetError) -> [Example] {
    var examples: [Example] = []
    for (number, bytes) in file.lines {
      let record = try JSONObject(parsing: bytes, file: file, line: number)
      examples.append(
        Example(
          instruction: try record.string("instruction"),
          context: try record.string("context", default: ""),
          response: try record.string("response"),
          category: try categoryKey == "category"
            ? record.string("category", default: "none") : record.string(categoryKey),
          options: try record.strings("options")))
    }
    return examples
  }
}
