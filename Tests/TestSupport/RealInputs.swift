internal import Foundation

/// Real inputs that tests use where they exist.
///
/// A test that needs one is enabled by its presence and says so when it is skipped.
public enum RealInputs {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// The reason a test that needs ``shared(_:)`` is skipped.
  public static let noSharedData = "needs ../shared/data, which is not here"

  /// The reason a test that needs ``smolLM2`` is skipped.
  public static let noModel = "needs the model that scripts/fetch-model fetches, which is not here"

  /// The path of `name` in the data folder beside the project, or `nil` if it is not there.
  public static func shared(_ name: String) -> String? {
    existing(root.deletingLastPathComponent().appending(path: "shared/data/" + name))
  }

  /// The path of `name` in `Models`, or `nil` if it is not there.
  public static func model(_ name: String) -> String? {
    existing(root.appending(path: "Models/" + name))
  }

  /// The path of SmolLM2-135M-Instruct, or `nil` if it has not been fetched.
  public static var smolLM2: String? {
    model("smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf")
  }

  /// The path of the generated test model.
  public static var tinyLlama: String { root.appending(path: "Models/tiny-llama").path }

  /// The path of the generated Qwen2 test model.
  public static var tinyQwen2: String { root.appending(path: "Models/tiny-qwen2").path }

  /// The folder of the generated model of quantised types, `model.gguf`.
  public static var tinyQuantised: String { root.appending(path: "Models/tiny-quantised").path }

  /// Whether the slow tests run: `scripts/test --all`.
  public static var runsSlowTests: Bool {
    ProcessInfo.processInfo.environment["FEDKSEED_SLOW_TESTS"] == "1"
  }

  /// Returns whether `path` exists, and prints `reason` if it does not.
  public static func isPresent(_ path: String?, _ reason: String) -> Bool {
    if path == nil { print("skipped: \(reason)") }
    return path != nil
  }

  /// Returns the JSON value of the file at `path`.
  public static func json<Value: Decodable>(_ path: String, as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: URL(filePath: path)))
  }

  private static func existing(_ url: URL) -> String? {
    FileManager.default.fileExists(atPath: url.path) ? url.path : nil
  }
}
