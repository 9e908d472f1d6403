import Foundation

/// Which examples of a data set are kept for evaluation.
public enum DatasetSplit: Equatable, Sendable {
  /// All of one category: the model is evaluated on a kind of task it was not trained on.
  case category(String)

  /// The official test tasks of Natural Instructions, sampled as in FedKSeed's reference code.
  case naturalInstructions(seed: UInt64)

  /// Dolly-15K as in FedKSeed's reference code, whose task 7 of 8 by name is the summaries.
  public static let dolly = category("summarization")
}

extension Dataset {
  /// Returns the data set with the examples of a category as its test part.
  func holdingOut(category: String, file: String) throws(DatasetError) -> Dataset {
    let test = examples.filter { $0.category == category }
    guard !test.isEmpty else {
      let found = Set(examples.map(\.category)).sorted().prefix(16).map { clipped($0) }
      throw DatasetError(
        file: file, problem: .noSuchCategory(name: clipped(category), found: found))
    }
    var divided = self
    divided.examples = examples.filter { $0.category != category }
    divided.test = test
    return divided
  }
}

extension NaturalInstructions {
  /// Reads the official folder of Natural Instructions 2.8, with `tasks` and `splits/default`.
  ///
  /// | | training tasks | test tasks |
  /// |---|---|---|
  /// | input | shorter than 1024 Unicode scalars | shorter than 1024 Unicode scalars |
  /// | tasks with fewer instances left | dropped below 20 | kept |
  /// | instances drawn | 20 %, rounded down | 2 %, rounded down, at least 20, all of fewer |
  ///
  /// Tasks whose files are missing are counted; the reference code would stop.
  ///
  /// Source: FedKSeed's reference code, `natural_instruction_loader.py`.
  static func readReferenceSplit(folder: String, seed: UInt64) throws(DatasetError) -> Dataset {
    let training = try NaturalInstructions(options: .reference(seed: seed))
      .read(tasksOf: "train_tasks.txt", in: folder)
    let test = try NaturalInstructions(options: .referenceTest(seed: seed))
      .read(tasksOf: "test_tasks.txt", in: folder)
    guard !test.examples.isEmpty else {
      throw DatasetError(file: folder, problem: .empty(skipped: test.skippedCount))
    }
    return Dataset(
      examples: training.examples, test: test.examples,
      skippedCount: training.skippedCount + test.skippedCount,
      missingTaskCount: training.missingTaskCount + test.missingTaskCount)
  }

  /// Reads the tasks of a list, in its order.
  private func read(tasksOf list: String, in folder: String) throws(DatasetError) -> Dataset {
    let file = try DataFile(path: folder + "/splits/default/" + list)
    var examples: [Example] = []
    var (skippedCount, missingCount) = (0, 0)
    for line in file.lines {
      let name = try file.text(of: line.bytes, line: line.number)
        .trimmingCharacters(in: .whitespaces)
      guard !name.contains("/") else {
        throw DatasetError(
          file: file.path, line: line.number,
          problem: .wrongType(key: "the task", found: clipped(name), expected: "a file's name"))
      }
      let path = folder + "/tasks/" + name + ".json"
      guard FileManager.default.fileExists(atPath: path) else {
        missingCount += 1
        continue
      }
      let task = try read(DataFile(path: path))
      examples += task.examples
      skippedCount += task.skippedCount
    }
    return Dataset(
      examples: examples, skippedCount: skippedCount, missingTaskCount: missingCount)
  }
}
