package import Tensors

/// What a backward pass needs of a layer, besides its input.
///
/// A layer that is run with it fills it; one serves all layers of the same output rows, one after the
/// other.
package struct LayerActivations: Sendable {
  /// The normalised input of the attention, shape `(n, hiddenSize)`.
  package let attentionInput: Matrix
  /// The queries before their norm, shape `(m, querySize)`; `nil` if they have none.
  package let rawQueries: Matrix?
  /// The keys before their norm, shape `(n, keyValueSize)`; `nil` if they have none.
  package let rawKeys: Matrix?
  /// The queries after norm and rotation, shape `(m, querySize)`.
  package let queries: Matrix
  /// The keys after norm and rotation, shape `(n, keyValueSize)`.
  package let keys: Matrix
  /// The values, shape `(n, keyValueSize)`.
  package let values: Matrix
  /// The mean of the values, weighted by attention, shape `(m, querySize)`.
  package let context: Matrix
  /// The attention's output before its norm, shape `(m, hiddenSize)`; `nil` if it has none.
  package let attentionBranch: Matrix?
  /// The input plus the attention's output, shape `(m, hiddenSize)`.
  package let attended: Matrix
  /// The normalised input of the feed-forward block, shape `(m, hiddenSize)`.
  package let feedForwardInput: Matrix
  /// What the gate makes, before the activation, shape `(m, feedForwardSize)`; `nil` without a gate.
  package let gate: Matrix?
  /// What the activated gate multiplies or, without a gate, what is activated, shape
  /// `(m, feedForwardSize)`.
  package let up: Matrix
  /// The block's output before its norm, shape `(m, hiddenSize)`; `nil` if it has none.
  package let feedForwardBranch: Matrix?

  /// Makes room for `rows` rows of the batch, of which `outputRows` are given out.
  init(rows: Int, outputRows: Int, _ c: ModelConfiguration) {
    let has = { (role: TensorRole) in c.architecture.tensors[role] != nil }
    attentionInput = Matrix(rows: rows, columns: c.hiddenSize)
    rawQueries = has(.queryNorm) ? Matrix(rows: outputRows, columns: c.querySize) : nil
    rawKeys = has(.keyNorm) ? Matrix(rows: rows, columns: c.keyValueSize) : nil
    queries = Matrix(rows: outputRows, columns: c.querySize)
    keys = Matrix(rows: rows, columns: c.keyValueSize)
    values = Matrix(rows: rows, columns: c.keyValueSize)
    context = Matrix(rows: outputRows, columns: c.querySize)
    attentionBranch =
      has(.attentionPostNorm) ? Matrix(rows: outputRows, columns: c.hiddenSize) : nil
    attended = Matrix(rows: outputRows, columns: c.hiddenSize)
    feedForwardInput = Matrix(rows: outputRows, columns: c.hiddenSize)
    gate = c.isGated ? Matrix(rows: outputRows, columns: c.feedForwardSize) : nil
    up = Matrix(rows: outputRows, columns: c.feedForwardSize)
    feedForwardBranch =
      has(.feedForwardPostNorm) ? Matrix(rows: outputRows, columns: c.hiddenSize) : nil
  }
}
