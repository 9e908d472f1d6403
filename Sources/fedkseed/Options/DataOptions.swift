internal import ArgumentParser
internal import Bytes
internal import Datasets
internal import FineTuning
internal import LanguageModels
internal import Settings

/// Where the examples come from and how they become tokens.
struct DataOptions: ParsableArguments {
  @Option(
    name: .setting(.data),
    help: ArgumentHelp(
      "The examples: a file, a folder, - for standard input, or synthetic[:COUNT[:TASK,TASK…]].",
      discussion: """
        JSON lines, a JSON array, or a CSV or TSV table with a header, packed by gzip or not, of any \
        schema that Documentation/Data.md lists, such as Dolly's, Alpaca's, messages or text; \
        Natural-Instructions tasks; a TSV table of sentences and labels. 'synthetic' makes COUNT \
        examples (100 if not given) of each task: \(SyntheticTask.names).
        """),
    completion: .file())
  var data: String

  @Option(
    name: .setting(.columns),
    help: ArgumentHelp(
      "The keys of the records, where they are others: COLUMN=KEY,COLUMN=KEY.",
      discussion: "Such as instruction=question,response=answer. The columns are "
        + Column.allCases.map(\.rawValue).joined(separator: ", ") + ".", visibility: .hidden))
  var columns: String?

  @Option(
    name: .setting(.dataTemplate),
    help: ArgumentHelp(
      "The prompt made of a row of a TSV table; {label} may stand at its end.", visibility: .hidden)
  )
  var dataTemplate = LabelledSentences.Options().template

  @Option(
    name: .setting(.labels),
    help: ArgumentHelp("The word that stands for each label of a TSV table.", visibility: .hidden))
  var labels = "0=terrible,1=great"

  @Option(
    name: .setting(.split),
    help: ArgumentHelp(
      "The examples kept for evaluation: dolly, natural-instructions or category:NAME.",
      discussion: "category:NAME keeps all of a category, dolly its summarization. "
        + "natural-instructions reads the official folder, tasks and splits/default. 'score' takes "
        + "the examples kept, a run trains on the others. If not given, a run holds some of each "
        + "category out.", visibility: .hidden))
  var split: SplitName?

  @Option(
    name: .setting(.template),
    help: ArgumentHelp(
      "The text around an example.",
      discussion: "model is the chat template that the model carries. If not given, model where it "
        + "carries one, else alpaca."))
  var template: PromptTemplate?

  @Option(
    name: .setting(.lengthLimit),
    help: "The largest number of tokens of an example; longer ones are cut.")
  var lengthLimit = TuningSettings().lengthLimit

  @Option(
    name: .setting(.endToken),
    help: ArgumentHelp(
      "Whether the end token follows a response: MeZO's prompts for labels have none.",
      discussion: "If not given, as the checkpoint was tuned, else yes.", visibility: .hidden),
    transform: Truth.parse)
  var endToken: Bool?

  @Option(name: .setting(.seed), help: "The seed of every random choice.")
  var seed = TuningSettings().seed

  /// What stands for no data: of a server, whose clients have them.
  static let none = "none"

  /// What files, checkpoints and reports say of the data; the rest is in that of the method.
  var record: SettingsRecord {
    [
      .data: recordedPath, .columns: columns, .dataTemplate: dataTemplate, .labels: labels,
      .split: split?.text,
    ]
  }

  /// Where a repetition finds the examples: a pipe is gone then, so that they must be given again.
  private var recordedPath: String {
    !isFile ? data : isPipe(data) ? standardInput : absolutePath(data)
  }

  /// Whether the data are not made by the tool itself.
  private var isFile: Bool { data.split(separator: ":").first != "synthetic" }

  /// Reads or makes the examples.
  ///
  /// - Parameter categoryKey: The key of a JSON record that holds its category.
  func read(categoryKey: String = "category") throws -> Dataset {
    guard isFile else {
      guard split == nil, columns == nil, categoryKey == "category" else {
        throw InputError("'--data' synthetic has no '--split' and no keys; give a file")
      }
      return Dataset(examples: try syntheticExamples())
    }
    var options = DatasetOptions()
    options.table.template = dataTemplate
    options.table.words = try labelWords()
    options.categoryKey = categoryKey
    if let columns {
      options.columns = try InputError.naming(.columns) { try Column.parse(columns) }
    }
    options.split = split?.split(seed: seed)
    let dataset: Dataset
    do { dataset = try Dataset.read(path: data, options: options) } catch {
      guard case .badTemplate = error.problem else { throw error }
      return try InputError.naming(.dataTemplate) { throw error }
    }
    Output.log("data: " + dataset.summary)
    if dataset.missingTaskCount > 0 {
      Output.log(
        "\(data): \(dataset.missingTaskCount) tasks of the split's lists have no file and are "
          + "left out; numbers are not comparable to those of all tasks")
    }
    return dataset
  }

  private func syntheticExamples() throws -> [Example] {
    let parts = data.split(separator: ":", omittingEmptySubsequences: false)
    let count = parts.count == 1 ? 100 : Int(parts[1])
    guard parts.count <= 3, let count, (1...SyntheticTask.countLimit).contains(count) else {
      throw InputError(
        "'--data' must be synthetic:COUNT with COUNT from 1 to \(SyntheticTask.countLimit), but is "
          + "'\(data)'")
    }
    let tasks = try parts.count == 3 ? syntheticTasks(parts[2]) : SyntheticTask.allCases
    return SyntheticTask.examples(countPerTask: count, seed: seed, tasks: tasks)
  }

  private func syntheticTasks(_ names: Substring) throws -> [SyntheticTask] {
    let tasks = try names.split(separator: ",", omittingEmptySubsequences: false).map { name in
      guard let task = SyntheticTask(rawValue: String(name)) else {
        throw InputError(
          "'--data' names the synthetic task '\(name)', but the tasks are \(SyntheticTask.names)")
      }
      return task
    }
    guard Set(tasks).count == tasks.count else {
      throw InputError("'--data' names a synthetic task twice: '\(data)'")
    }
    return tasks
  }

  private func labelWords() throws -> [String: String] {
    var words: [String: String] = [:]
    for pair in labels.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[1].isEmpty,
        words.updateValue(String(sides[1]), forKey: String(sides[0])) == nil
      else {
        throw InputError(
          "'--labels' must be LABEL=WORD,LABEL=WORD with different labels, for example "
            + "0=terrible,1=great, but is '\(labels)'")
      }
    }
    return words
  }

  /// Returns what turns examples into tokens of `base`; none is longer than its context.
  ///
  /// - Parameter tuned: How a checkpoint was tuned.
  func encoder(for base: LoadedModel, tuned: TunedFormat? = nil) throws -> ExampleEncoder {
    guard lengthLimit >= 2 else {
      throw InputError("'--length-limit' must be at least 2, but is \(lengthLimit)")
    }
    return try base.encoder(
      base.template(named: template, tuned: tuned, fallback: TuningSettings().template),
      lengthLimit: min(lengthLimit, base.model.configuration.contextLength),
      addsEndToken: hasEndToken(tuned))
  }

  /// Whether the end token follows a response; tells of it where it is not as the checkpoint was tuned.
  private func hasEndToken(_ tuned: TunedFormat?) -> Bool {
    guard let expected = tuned?.hasEndToken else { return endToken ?? TuningSettings().hasEndToken }
    if let endToken, endToken != expected {
      Output.log(
        "note: the checkpoint was tuned with '--end-token \(expected ? "yes" : "no")', not with this "
          + "one")
    }
    return endToken ?? expected
  }
}

extension LoadedModel {
  /// Returns the template to use, and tells of it where none is named or another might be meant.
  ///
  /// - Parameters:
  ///   - tuned: How a checkpoint was tuned, as which a model answers best.
  ///   - fallback: That of models without a chat template.
  func template(
    named name: PromptTemplate?, tuned: TunedFormat? = nil, fallback: PromptTemplate
  ) -> PromptTemplate {
    if let template = tuned?.template {
      tuned?.checkTemplate(of: self)
      return self.template(named: name, tuned: template)
    }
    guard hasChatTemplate else { return name ?? fallback }
    if name == nil {
      Output.log(
        "template: the model's own chat template; '--template \(fallback.rawValue)' is another")
    } else if name == .chatml {
      Output.log("note: the model has a chat template of its own; '--template model' uses it")
    }
    return name ?? .model
  }

  private func template(named name: PromptTemplate?, tuned: PromptTemplate) -> PromptTemplate {
    if name == nil {
      Output.log("template: \(tuned.rawValue), which the checkpoint was tuned with")
    } else if name != tuned {
      Output.log(
        "note: the checkpoint was tuned with '--template \(tuned.rawValue)', not with this one")
    }
    return name ?? tuned
  }
}

/// A split as the command line names it.
struct SplitName: ExpressibleByArgument {
  let text: String

  init?(argument: String) {
    text = argument
    guard argument == "natural-instructions" || split(seed: 0) != .category("") else { return nil }
  }

  /// Returns the split, whose samples are drawn by `seed`.
  func split(seed: UInt64) -> DatasetSplit {
    switch text {
    case "dolly": .dolly
    case "natural-instructions": .naturalInstructions(seed: seed)
    default: .category(text.hasPrefix("category:") ? String(text.dropFirst(9)) : "")
    }
  }
}

extension SyntheticTask {
  /// The names of all tasks, as a list to read.
  fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
