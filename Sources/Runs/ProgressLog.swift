internal import Foundation

/// Who is told of a run's progress, beside the person at the terminal.
protocol ProgressSink: Sendable {
  /// Tells of what has happened.
  func write(_ record: ProgressRecord) throws
}

/// The file of `--log-file`: a JSON object a line, written as things happen.
///
/// What a run tells a second time, because it had not been saved when it was stopped, stands there
/// once: lines of later steps, and half a line, are cut when the run goes on.
final class ProgressLog: ProgressSink {
  private let handle: FileHandle

  /// Opens the file at `path`, or makes it.
  ///
  /// - Parameter position: The steps or rounds done, whose lines stay; `nil` for a new file.
  init(path: String, after position: Int?) throws {
    if position == nil || !RunFiles.exists(path) { try Data().write(to: URL(filePath: path)) }
    handle = try FileHandle(forUpdating: URL(filePath: path))
    let kept = try position.map { try Self.byteCount(path, upTo: $0) } ?? 0
    try handle.truncate(atOffset: UInt64(kept))
    try handle.seekToEnd()
  }

  deinit { try? handle.close() }

  func write(_ record: ProgressRecord) throws {
    try handle.write(contentsOf: RunJSON.encode(record, isCompact: true) + [10])
  }

  /// The part of a line that says when it was written.
  private struct Place: Decodable {
    let step, round: Int?
  }

  /// The bytes of the lines before the first that is of a later step or round.
  ///
  /// - Throws: ``RunError`` if a whole line is none of ours.
  private static func byteCount(_ path: String, upTo position: Int) throws -> Int {
    var count = 0
    for (number, line) in try LineLog.lines(of: path).enumerated() {
      let place = try RunJSON.decode(
        Place.self, from: line, path: "\(path), line \(number + 1)")
      if place.step ?? place.round ?? 0 > position { break }
      count += line.count + 1
    }
    return count
  }
}

extension EventFile {
  func write(_ record: ProgressRecord) throws {
    guard record.event != .end || !record.isTold else { return }
    let scalars: [(String, Double?)] = [
      ("loss/training", record.loss), ("loss/held_out", record.heldOutLoss),
      ("run/learning_rate", record.learningRate),
      ("run/seconds_per_step", record.secondsPerStep),
      ("run/tokens_per_second", record.tokensPerSecond),
      ("run/peak_private_bytes", record.loss.map { _ in Double(record.peakPrivateBytes) }),
      ("traffic/bytes_up", record.bytesUp.map(Double.init)),
      ("traffic/bytes_down", record.bytesDown.map(Double.init)),
    ]
    let known = scalars.compactMap { scalar in scalar.1.map { (scalar.0, $0) } }
    if !known.isEmpty { try write(known, step: record.position) }
  }
}
