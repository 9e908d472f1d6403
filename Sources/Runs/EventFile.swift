internal import Bytes
internal import Foundation

/// A file of TensorBoard's: the numbers of a run, one record each.
///
/// A record is the length of its data, a checksum of the length, the data and a checksum of the
/// data; the data are a message `Event` of Protocol Buffers. Only these fields are written:
///
///     Event       { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;
///                   SessionLog session_log = 7 }
///     Summary     { repeated Value value = 1 },   Value { string tag = 1; float simple_value = 2 }
///     SessionLog  { SessionStatus status = 1 },   START = 1
///
/// A run that goes on writes another file of the same folder, whose first events say from which
/// step on it counts: TensorBoard then drops what an earlier file has of later steps.
///
/// Source: tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto, and "TFRecord
/// and tf.train.Example" of TensorFlow's guide.
package final class EventFile: ProgressSink {
  /// The path of the file.
  package let path: String
  private let handle: FileHandle
  private let now: @Sendable () -> Double

  /// Makes a new file in `folder`, which is made if there is none.
  ///
  /// - Parameters:
  ///   - firstStep: The steps done, if the file goes on with an earlier one.
  ///   - now: The time, in seconds since 1970.
  package init(
    folder: String, after firstStep: Int?,
    now: @escaping @Sendable () -> Double = {
      Date().timeIntervalSince1970
    }
  ) throws {
    self.now = now
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    path = try Self.newPath(in: folder, time: Int(now()))
    try Data().write(to: URL(filePath: path), options: .withoutOverwriting)
    handle = try FileHandle(forUpdating: URL(filePath: path))
    try write(Message().string(3, "brain.Event:2"), step: 0)
    if let firstStep {
      // What is dropped begins with this step.
      try write(Message().message(7, Message().integer(1, 1)), step: firstStep + 1)
    }
  }

  deinit { try? handle.close() }

  /// Writes named numbers, finite or not, at a step.
  package func write(_ scalars: [(tag: String, value: Double)], step: Int) throws {
    let summary = scalars.reduce(Message()) { all, scalar in
      all.message(1, Message().string(1, scalar.tag).float(2, Float(scalar.value)))
    }
    try write(Message().message(5, summary), step: step)
  }

  private func write(_ content: Message, step: Int) throws {
    let event = Message().double(1, now()).integer(2, step)
    try handle.write(contentsOf: Data(Self.record(event.bytes + content.bytes)))
  }

  /// Returns a record around `data`.
  package static func record(_ data: [UInt8]) -> [UInt8] {
    var length = ByteWriter()
    length.append(UInt64(data.count))
    var record = length
    record.append(CRC32C.masked(length.bytes))
    record.append(data)
    record.append(CRC32C.masked(data))
    return record.bytes
  }

  /// The name begins as TensorBoard looks for it; the number at its end is free.
  private static func newPath(in folder: String, time: Int) throws -> String {
    let host = ProcessInfo.processInfo.hostName.prefix { $0.isLetter || $0.isNumber || $0 == "-" }
    let names = (0..<10_000).lazy.map {
      "\(folder)/events.out.tfevents.\(time).\(host).\(ProcessInfo.processInfo.processIdentifier).\($0)"
    }
    guard let name = names.first(where: { !RunFiles.exists($0) }) else {
      throw RunError("'\(folder)' has too many files; name another folder")
    }
    return name
  }
}
