/// Sequences of tokens laid end to end, without padding: the rows of a forward pass.
public struct PackedBatch: Sendable {
  /// One sequence of a batch.
  public struct Sequence: Sendable {
    /// The tokens; at least one.
    public var tokens: [Int32]

    /// The position of the first token: the number of tokens already in the key-value cache.
    public var firstPosition: Int

    /// The places in ``tokens`` that carry a label, ascending: the token there is to be predicted from
    /// those before.
    public var labels: [Int]

    /// The sequence of the same batch whose tokens come before these; `nil` if none do.
    public var prefix: Int?

    /// Creates a sequence that starts at position `firstPosition` and has labels at `labels`.
    public init(
      _ tokens: [Int32], firstPosition: Int = 0, labels: some Swift.Sequence<Int> = 0..<0,
      prefix: Int? = nil
    ) {
      self.tokens = tokens
      self.firstPosition = firstPosition
      self.labels = Array(labels)
      self.prefix = prefix
    }

    /// The last labels that follow each other without a gap: those of the last answer.
    package var lastLabels: ArraySlice<Int> {
      let start = labels.indices.last { $0 == 0 || labels[$0 - 1] < labels[$0] - 1 }
      return labels[(start ?? 0)...]
    }
  }

  /// The sequences, in the order of their rows.
  public let sequences: [Sequence]

  /// The rows of each sequence.
  let rows: [Range<Int>]

  /// Creates a batch of `sequences`.
  ///
  /// - Precondition: The labels of a sequence ascend in `1..<tokens.count`. A prefix starts at position 0,
  ///   and the sequence after it at the prefix's end.
  public init(_ sequences: [Sequence]) {
    self.sequences = sequences
    var start = 0
    rows = sequences.map { sequence in
      let labels = sequence.labels
      precondition(
        (labels.first ?? 1) >= 1 && (labels.last ?? 0) < max(1, sequence.tokens.count)
          && zip(labels, labels.dropFirst()).allSatisfy(<),
        "\(sequence.tokens.count) tokens cannot have labels at \(labels)")
      if let prefix = sequence.prefix {
        precondition(
          sequences[prefix].firstPosition == 0 && sequences[prefix].prefix == nil
            && sequences[prefix].tokens.count == sequence.firstPosition,
          "a sequence from position \(sequence.firstPosition) on does not follow its prefix")
      }
      defer { start += sequence.tokens.count }
      return start..<start + sequence.tokens.count
    }
  }

  /// The number of tokens of all sequences.
  public var tokenCount: Int { rows.last?.upperBound ?? 0 }

  /// The token of each row.
  var tokens: [Int32] { sequences.flatMap(\.tokens) }

  /// The position of each row's token in its sequence.
  var positions: [Int] {
    sequences.flatMap { sequence in sequence.tokens.indices.map { sequence.firstPosition + $0 } }
  }

  /// Returns the batch `count` times, one behind the other: once for each side of a pass.
  func repeated(_ count: Int) -> PackedBatch {
    PackedBatch(
      (0..<count).flatMap { time in
        sequences.map { sequence in
          var sequence = sequence
          sequence.prefix = sequence.prefix.map { time * sequences.count + $0 }
          return sequence
        }
      })
  }

  /// The batch without the tokens behind which no label is left to predict, such as the last of a response.
  ///
  /// Its rows are all that the losses need. It has no labels itself.
  var inputs: PackedBatch {
    PackedBatch(
      sequences.map { sequence in
        let end = sequence.labels.last ?? sequence.tokens.count
        return Sequence(
          Array(sequence.tokens[..<end]), firstPosition: sequence.firstPosition,
          prefix: sequence.prefix)
      })
  }

  /// Returns the rows of ``inputs`` from which a label is predicted: the row before each label.
  func labelledRows(of inputs: PackedBatch) -> [Int] {
    zip(inputs.rows, sequences).flatMap { rows, sequence in
      sequence.labels.map { rows.lowerBound + $0 - 1 }
    }
  }

  /// The label of each of ``labelledRows(of:)``.
  var targets: [Int32] {
    sequences.flatMap { sequence in sequence.labels.map { sequence.tokens[$0] } }
  }

  /// The last row of each sequence: the one from which decoding goes on.
  var lastRows: [Int] { rows.map { $0.upperBound - 1 } }
}
