internal import Bytes
internal import FineTuning
internal import LanguageModels
internal import Tensors
internal import Tokenizers
internal import Weights

/// What a person asks of a model: how large, of what kind, and whether it can be tuned here.
///
/// What cannot be known, since something is in the way of opening the model, is `nil`.
struct ModelSummary: Encodable {
  /// The type that most weights have.
  let fileType: String
  let layers: Int?
  let hiddenSize: Int?
  let feedForwardSize: Int?
  let heads: Int?
  let keyValueHeads: Int?
  let headSize: Int?
  let contextLength: Int?
  let vocabularySize: Int?
  let positions: String?
  /// Whether the model has a chat template, and whether it can be used.
  let template: String?
  /// The tokens that end an answer, as the vocabulary spells them.
  let endTokens: [String]?
  /// What is in the way of tuning, in a sentence that says what to do; `nil` if nothing is.
  let obstacle: String?
  /// Whether texts can be tuned on here.
  let tunable: Bool

  /// Opens the model as a run would.
  init(_ store: WeightStore) {
    fileType = Self.commonType(of: store)
    let model = Result { try LoadedModel.open(path: store.path, context: store.context) }
    let base = try? model.get()
    let shape = base?.model.configuration
    layers = shape?.layerCount
    hiddenSize = shape?.hiddenSize
    feedForwardSize = shape?.feedForwardSize
    heads = shape?.headCount
    keyValueHeads = shape?.keyValueHeadCount
    headSize = shape?.headSize
    contextLength = shape?.contextLength
    vocabularySize = shape?.vocabularySize
    positions = shape?.positions
    template = base.map(Self.template)
    endTokens = base.flatMap(Self.endTokens)
    obstacle = Self.obstacle(to: model)
    tunable = obstacle == nil
  }

  private static func commonType(of store: WeightStore) -> String {
    var counts: [String: Int] = [:]
    for index in 0..<store.parameters.count {
      let view = store.view(of: index)
      counts[view.type.rawValue, default: 0] += view.parameter.shape.reduce(1, *)
    }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? "none"
  }

  private static func template(_ base: LoadedModel) -> String {
    guard base.hasChatTemplate else { return "none; alpaca is taken where none is named" }
    do { _ = try base.chatTemplate } catch {
      return "a chat template that cannot be read: \(error); '--template' chooses another"
    }
    return "a chat template, which is taken where none is named"
  }

  private static func endTokens(_ base: LoadedModel) -> [String]? {
    guard let tokenizer = try? base.tokenizer else { return nil }
    return tokenizer.endTokens.sorted().map { (try? tokenizer.token(for: $0)) ?? "\($0)" }
  }

  private static func obstacle(to model: Result<LoadedModel, any Error>) -> String? {
    do { _ = try model.get().tokenizer } catch { return "\(error)" }
    return nil
  }

  /// The rows of a table.
  var rows: [(String, String)] {
    let sizes: [(String, String?)] = [
      ("file type", fileType), ("layers", layers.map { "\($0)" }),
      ("width", hiddenSize.flatMap { width in feedForwardSize.map { "\(width), \($0) between" } }),
      ("heads", headText), ("context", contextLength.map { "\($0) tokens" }),
      ("vocabulary", vocabularySize.map { "\($0) tokens" }), ("positions", positions),
      ("template", template), ("end tokens", endTokens.map { $0.joined(separator: " ") }),
    ]
    return sizes.compactMap { name, value in value.map { (name, $0) } }
      + [("can be tuned", obstacle.map { "no: \($0)" } ?? "yes")]
  }

  private var headText: String? {
    guard let heads, let keyValueHeads, let headSize else { return nil }
    let shared = keyValueHeads == heads ? "" : ", \(keyValueHeads) of keys and values"
    return "\(heads) of \(headSize)\(shared)"
  }
}

extension ModelConfiguration {
  /// How the model tells places in a text apart.
  fileprivate var positions: String {
    if hasAttentionSlopes { return "slopes of scores (ALiBi)" }
    if positionOffset != nil { return "learnt embeddings" }
    guard !rotaries.isEmpty else { return "none" }
    return "rotary, base " + rotaries.map { "\($0.base)" }.joined(separator: " and ")
  }
}

/// The order in which people count: `layers.2` before `layers.10`.
func isBeforeByNumber(_ one: String, _ other: String) -> Bool {
  let parts = [one, other].map { $0.split(separator: ".", omittingEmptySubsequences: false) }
  for (first, second) in zip(parts[0], parts[1]) where first != second {
    guard let one = Int(first), let other = Int(second) else { return first < second }
    return one < other
  }
  return parts[0].count < parts[1].count
}
