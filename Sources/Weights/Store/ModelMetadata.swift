public import Bytes

/// What a model says about itself, besides its weights.
public enum ModelMetadata: Sendable {
  /// The key-value pairs of a GGUF file, tokenizer included.
  case gguf(GGUFMetadata)
  /// The files beside the weights in a Hugging Face folder.
  case huggingFace(HuggingFaceMetadata)

  /// Reads the metadata of the model at `path`, without its weights.
  ///
  /// - Throws: ``WeightsError`` if the GGUF header or the folder's `config.json` cannot be used.
  public static func read(path: String) throws(WeightsError) -> ModelMetadata {
    let location = try ModelLocation(path)
    return switch location.kind {
    case .folder: .huggingFace(try HuggingFaceMetadata(folder: location.path))
    case .gguf: .gguf(try GGUFParts(path: location.path).metadata)
    }
  }
}

/// The files beside the weights in a Hugging Face folder.
public struct HuggingFaceMetadata: Sendable {
  /// The folder.
  public let folder: String

  /// `config.json`, an object.
  public let configuration: JSON

  /// Reads `config.json` in `folder`.
  ///
  /// - Throws: ``WeightsError`` if it is missing or no JSON object.
  public init(folder: String) throws(WeightsError) {
    self.folder = folder
    configuration = try Self.object(folder + "/config.json")
  }

  /// The path of `tokenizer.json`, or `nil` if there is no such file.
  public var tokenizerPath: String? { existingPath("tokenizer.json") }

  /// The path of `tokenizer_config.json`, or `nil` if there is no such file.
  public var tokenizerConfigurationPath: String? { existingPath("tokenizer_config.json") }

  /// Returns the path of the file `name` in the folder, or `nil` if there is none.
  public func existingPath(_ name: String) -> String? {
    let path = folder + "/" + name
    return fileExists(path) ? path : nil
  }

  /// Reads the JSON object in the file at `path`.
  package static func object(_ path: String) throws(WeightsError) -> JSON {
    let file = try openFile(path)
    do throws(FormatError) {
      guard !file.isOfAnotherKind else { throw FormatError(file, expected: "a JSON file") }
      let value = try JSON.parse(FileSlice(file, 0..<file.byteCount))
      guard value.object != nil else {
        throw FormatError(
          path: path, kind: .malformed, place: "byte 0", found: "another JSON value",
          expected: "an object")
      }
      return value
    } catch { throw .format(error) }
  }
}
