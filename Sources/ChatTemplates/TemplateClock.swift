internal import Foundation

/// The time that a template is told.
struct TemplateClock: Sendable {
  /// Seconds since 1970.
  let seconds: Int

  /// The time that it is.
  static var now: TemplateClock { TemplateClock(seconds: Int(Date().timeIntervalSince1970)) }

  /// Returns the local time by a format of `strftime`.
  func text(_ format: String) -> String {
    var time = time_t(seconds)
    var parts = unsafe tm()
    var buffer = [CChar](repeating: 0, count: 512)
    // SAFETY: all pointers are those of the variables above, for the time of the calls.
    guard unsafe localtime_r(&time, &parts) != nil else { return "" }
    let count = unsafe strftime(&buffer, buffer.count, String(format.prefix(200)), &parts)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
