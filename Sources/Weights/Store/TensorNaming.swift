/// The names that an architecture's tensors have in GGUF files, how their rows lie there, and which
/// tensors of a model's files are no parameters.
///
/// A value of the architecture, handed to whoever opens or writes files: files know no architecture.
public struct TensorNaming: Sendable {
  /// A tensor by both of its names.
  ///
  /// In either, a `*` stands for the number of the layer.
  public struct Tensor: Sendable {
    /// The canonical name: the one in a Hugging Face checkpoint.
    public let name: String

    /// The name in a GGUF file.
    public let ggufName: String

    /// How a GGUF file holds the elements; `nil` if as Hugging Face does.
    public let form: StoredForm?

    /// Creates the names of a tensor.
    public init(_ name: String, gguf: String, form: StoredForm? = nil) {
      self.name = name
      ggufName = gguf
      self.form = form
    }
  }

  /// How a GGUF file holds a tensor that it does not hold as Hugging Face does; see ``TensorLayout``.
  public enum StoredForm: Sendable, Equatable {
    /// Rows interleaved by heads, whose number is under the first of these metadata keys that is there.
    case interleaved(headCountKeys: [String])
    /// The three parts of a fused projection one after the other instead of head by head.
    case ungrouped(headCountKey: String)
    /// Rows as columns.
    case transposed
    /// Each element plus 1.
    case plusOne
  }

  /// Tensors of a model's files that are no parameters.
  public struct Exclusion: Sendable {
    /// The name in the file; a `*` stands for any characters.
    public let name: String

    /// Why it is no parameter.
    public let reason: String

    /// Whether the elements say something of the model, and are read.
    public let isRead: Bool

    /// The name of the parameter whose copy the tensor must be, or `nil`.
    public let copied: String?

    /// Creates an exclusion.
    public init(_ name: String, reason: String, isRead: Bool = false, copied: String? = nil) {
      self.name = name
      self.reason = reason
      self.isRead = isRead
      self.copied = copied
    }

    func matches(_ stored: String) -> Bool {
      let parts = name.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return name == stored }
      return stored.utf8.count >= name.utf8.count - 1 && stored.hasPrefix(parts[0])
        && stored.hasSuffix(parts[1])
    }
  }

  /// What GGUF files call the architecture.
  public let architecture: String

  /// The tensors that are no parameters.
  public var exclusions: [Exclusion]

  /// What precedes the canonical names, but not those of every checkpoint; `nil` if nothing does.
  public let optionalPrefix: String?

  private let tensors: [String: Tensor]
  private let ggufTensors: [String: Tensor]

  /// Creates the naming of an architecture.
  ///
  /// - Precondition: No name stands twice.
  public init(
    architecture: String, tensors: [Tensor] = [], exclusions: [Exclusion] = [],
    optionalPrefix: String? = nil
  ) {
    self.architecture = architecture
    self.optionalPrefix = optionalPrefix
    self.exclusions = exclusions
    self.tensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0) })
    ggufTensors = Dictionary(uniqueKeysWithValues: tensors.map { ($0.ggufName, $0) })
  }
}

extension TensorNaming {
  /// Returns the rule that excludes the tensor `stored` of a file, or `nil` if there is none.
  func exclusion(of stored: String) -> Exclusion? { exclusions.first { $0.matches(stored) } }

  /// Returns the canonical name of the tensor `stored` of a Hugging Face checkpoint.
  func canonicalName(_ stored: String) -> String {
    guard let optionalPrefix, tensor(name: stored) == nil,
      tensor(name: optionalPrefix + stored) != nil
    else { return stored }
    return optionalPrefix + stored
  }

  /// Returns the tensor that a GGUF file calls `ggufName`, with its canonical name, or `nil` if the
  /// architecture has no such tensor.
  func tensor(ggufName: String) -> (name: String, tensor: Tensor)? {
    guard let (pattern, layer) = Self.generic(ggufName) else { return nil }
    return ggufTensors[pattern].map { (Self.specific($0.name, layer), $0) }
  }

  /// Returns the tensor of canonical name `name`, with its name in a GGUF file, or `nil` if the
  /// architecture has no such tensor.
  func tensor(name: String) -> (ggufName: String, tensor: Tensor)? {
    guard let (pattern, layer) = Self.generic(name) else { return nil }
    return tensors[pattern].map { (Self.specific($0.ggufName, layer), $0) }
  }

  /// Returns `name` with a `*` for its first part that is a number, and that number.
  private static func generic(_ name: String) -> (pattern: String, layer: Substring?)? {
    guard !name.utf8.contains(UInt8(ascii: "*")) else { return nil }
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard let place = parts.firstIndex(where: isLayer) else { return (name, nil) }
    let layer = parts[place]
    parts[place] = "*"
    return (parts.joined(separator: "."), layer)
  }

  /// Whether `text` is a number as names spell it: digits without a sign or leading zeros.
  private static func isLayer(_ text: Substring) -> Bool {
    guard let number = Int(text), number >= 0 else { return false }
    return String(number) == text
  }

  private static func specific(_ pattern: String, _ layer: Substring?) -> String {
    guard let layer else { return pattern }
    return pattern.split(separator: ".").map { $0 == "*" ? layer : $0 }.joined(separator: ".")
  }
}
