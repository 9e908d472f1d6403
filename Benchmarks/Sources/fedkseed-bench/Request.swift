internal import FineTuning
internal import SeedBasis
internal import SeedDescent

/// What to measure, and how often.
struct Request: Decodable {
  /// What can be measured.
  enum Task: String, Decodable {
    /// The losses of a batch, on one side.
    case forward
    /// A full step: both sides and the update, or the slopes along all directions and the update.
    case step
    /// Several clients' steps side by side, each on one thread.
    case clients
    /// The logits after the last token of a text.
    case prompt
    /// Greedy decoding of several prompts.
    case decode
    /// The sum of all K directions, on one thread.
    case replay
    /// The slopes along all K directions of a gradient, on one thread.
    case project
    /// Bare matrix products of the shapes of `forward`.
    case sgemm
    /// A copy of memory that no cache holds.
    case copy
    /// The peak of private memory during steps.
    case memory
    /// The model as a Hugging Face folder; not a measurement.
    case export
    /// Names and versions; not a measurement.
    case describe
  }

  let task: Task
  var model: String?
  /// Other files with the model's weights; `nil` is the model itself.
  var weights: String?
  var threads: Int?
  var tokens: Int?
  var basis: BasisKind?
  var mode: WeightMode?
  var storage: DenseStorage?
  var candidates: Int?
  var estimator: Estimator?
  var recompute: Recompute?
  /// The number of weights, of clients, of prompts.
  var count: Int?
  var instructionSet: String?
  /// For sgemm: whether the products of attention are among them.
  var attention: Bool?
  var out: String?
  var elementType: String?
  /// How often to measure; the first request of its kind also warms up.
  var repeats: Int?
}

/// What a backward pass does with layers, by the names of ``Recomputation``.
enum Recompute: String, Decodable {
  case always, never
}

/// The answer to a request.
struct Measurement: Encodable {
  /// Wall-clock times, one a repeat.
  var seconds: [Double] = []
  /// What was computed, to compare with other programs: a mean loss in nats, a token.
  var value: Double?
  /// Bytes, or multiply-adds counted twice: what `seconds` bought.
  var work: Double?
  /// Names and versions.
  var facts: [String: String]?
  /// Why there is no measurement.
  var problem: String?
}

/// A request that cannot be met.
struct BenchError: Error, CustomStringConvertible {
  let description: String
}
