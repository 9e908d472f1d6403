import CounterRandom
import Foundation

/// Task files of Super-Natural Instructions.
///
/// A file is one task. Its first definition is the instruction, an instance's input the context,
/// the first of its outputs the response, and the file's name without extension the category.
///
/// Source: Wang et al. (arXiv:2204.07705); the options follow FedKSeed's reference code,
/// `natural_instruction_loader.py`.
public struct NaturalInstructions: Sendable {
  /// Which instances to take.
  public struct Options: Sendable, Equatable {
    /// Inputs of this many Unicode scalars or more are left out; `nil` keeps all.
    public var inputLengthLimit: Int?

    /// Tasks with fewer instances than this, after the length limit, are left out.
    public var minimumInstances = 0

    /// The share of a task's remaining instances that is drawn, in `(0, 1]`, rounded down.
    public var share = 1.0

    /// The fewest instances that are drawn from a task that has them.
    public var minimumDraw = 0

    /// The seed of that draw.
    public var seed: UInt64 = 0

    /// Creates the options that leave nothing out.
    public init() {}

    /// The rules of the FedKSeed experiments for training tasks.
    public static func reference(seed: UInt64) -> Options {
      var options = Options()
      options.inputLengthLimit = 1024
      options.minimumInstances = 20
      options.share = 0.2
      options.seed = seed
      return options
    }

    /// The rules of the FedKSeed experiments for test tasks.
    public static func referenceTest(seed: UInt64) -> Options {
      var options = Options()
      options.inputLengthLimit = 1024
      options.share = 0.02
      options.minimumDraw = 20
      options.seed = seed
      return options
    }
  }

  let options: Options

  /// Reads one task.
  func read(_ file: DataFile) throws(DatasetError) -> Dataset {
    try read(JSONObject(parsing: file.bytes[...], file: file, line: nil), of: file)
  }

  /// Reads one task, which has been parsed.
  func read(_ document: JSONObject, of file: DataFile) throws(DatasetError) -> Dataset {
    let instruction = try document.firstString("Definition")
    let category = file.stem
    var examples: [Example] = []
    for instance in try document.objects("Instances") {
      examples.append(
        Example(
          instruction: instruction, context: try instance.string("input"),
          response: try instance.firstString("output"), category: category))
    }
    let kept = select(examples, task: category)
    return Dataset(examples: kept, skippedCount: examples.count - kept.count)
  }

  private func select(_ examples: [Example], task: String) -> [Example] {
    let limit = options.inputLengthLimit ?? .max
    let short = examples.filter { $0.context.unicodeScalars.count < limit }
    guard short.count >= options.minimumInstances else { return [] }
    guard options.share < 1 else { return short }
    var stream = RandomStream(.instanceSample, seed: options.seed, b: checksum(task))
    let share = Int(max(0, options.share) * Double(short.count))
    let count = min(short.count, max(options.minimumDraw, share))
    return stream.sample(count, below: short.count).sorted().map { short[$0] }
  }
}

/// The 32-bit FNV-1a hash: tells the streams of tasks apart by name, whatever their order.
private func checksum(_ text: String) -> UInt32 {
  text.utf8.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
}
