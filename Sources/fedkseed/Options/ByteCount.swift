internal import ArgumentParser

/// A size on the command line: `400MB`, `1GiB` or a number of bytes.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
  /// The size, in bytes.
  let bytes: Int

  /// The text as given.
  let description: String

  private static let units = [
    ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("kB", 1000), ("MB", 1_000_000),
    ("GB", 1_000_000_000), ("B", 1), ("", 1),
  ]

  init?(argument: String) {
    guard let unit = Self.units.first(where: { argument.hasSuffix($0.0) }),
      let number = Double(argument.dropLast(unit.0.count)), number > 0,
      let bytes = Int(exactly: (number * Double(unit.1)).rounded())
    else { return nil }
    self.bytes = bytes
    description = argument
  }
}
