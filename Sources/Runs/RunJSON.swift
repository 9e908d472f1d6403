internal import Bytes
package import Foundation

/// JSON as runs write it: `snake_case` keys in order, numbers with the fewest digits that read back as the
/// same value.
package enum RunJSON {
  /// Returns a value as JSON.
  ///
  /// - Parameter isCompact: Whether it stands on one line.
  package static func encode(_ value: some Encodable, isCompact: Bool = false) throws -> Data {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    if !isCompact { encoder.outputFormatting.insert(.prettyPrinted) }
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try encoder.encode(value)
  }

  /// Reads a value from JSON that ``encode(_:isCompact:)`` wrote.
  ///
  /// - Parameter path: The file, for the error.
  /// - Throws: ``RunError`` that names the file, the place and what is wrong.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from data: Data, path: String
  ) throws -> Value {
    do { try JSON.checkForDecoder(Array(data)[...]) } catch {
      throw RunError("\(path): \(error): restore the file, or start again")
    }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    do { return try decoder.decode(type, from: data) } catch let error as DecodingError {
      throw RunError("\(path): \(summary(of: error)): restore the file, or start again")
    }
  }

  private static func summary(of error: DecodingError) -> String {
    let (context, key): (DecodingError.Context, String?) =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .dataCorrupted(let context):
        (context, nil)
      case .keyNotFound(let key, let context): (context, key.stringValue)
      @unknown default: (DecodingError.Context(codingPath: [], debugDescription: "\(error)"), nil)
      }
    let place = context.codingPath.map { $0.intValue.map(String.init) ?? $0.stringValue }
    let text = key.map { "there is no '\($0)'" } ?? context.debugDescription
    return (place.isEmpty ? "" : place.joined(separator: ".") + ": ") + text
  }
}
