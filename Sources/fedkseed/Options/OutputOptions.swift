internal import ArgumentParser
internal import Bytes
internal import Runs
internal import SeedBasis

/// What every command has that writes a file or a folder.
struct ForceOption: ParsableArguments {
  @Flag(help: "Replace what is there already; without it nothing is written over.")
  var force = false
}

extension ForceOption {
  /// What a run does with the files of an earlier one.
  ///
  /// - Parameters:
  ///   - resume: The run to go on with, if any.
  ///   - out: What the run writes: of `--resume` itself if it is left out.
  /// - Throws: ``InputError`` if they contradict each other.
  func mode(resume: String?, out: String) throws -> RunFiles.Mode {
    guard let resume else { return force ? .replace : .refuse }
    guard !force else {
      throw InputError("'--resume' goes on with a run and '--force' begins again: give one of them")
    }
    let files = [out, resume].map(SeedCheckpoint.path)
    guard out == resume || isSameFile(files[0], files[1]) else {
      throw InputError(
        "'--resume' goes on in the files of '\(resume)', but '--out' is '\(out)': leave '--out' out"
      )
    }
    return .resume
  }
}

extension NameSpecification {
  /// The option that names what is written.
  static let out: NameSpecification = [.customShort("o"), .customLong("out")]

  /// The option that says how long an answer may be.
  static let maxTokens: NameSpecification = [.customShort("n"), .customLong("max-tokens")]
}
