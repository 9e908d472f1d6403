internal import Bytes
internal import Tensors

/// What a model's files hold, before the tensors are put in order.
struct ModelContents {
  let format: WeightStore.Format
  let metadata: ModelMetadata
  let files: [MappedFile]
  var views: [TensorView] = []
  var excluded: [ExcludedTensor] = []
  /// Tensors left out because they are copies, and the names of their originals.
  var copies: [(copy: TensorView, original: String)] = []
}

/// The longest name of a tensor in bytes; those in use have some 60, and llama.cpp allows 63.
let tensorNameLimit = 512

/// Returns the parameter `name` of `shape`, if it has rank one or two and no dimension is zero.
///
/// - Throws: ``FormatError`` that names `place` in the file at `path`.
func checkedParameter(
  _ name: String, shape: [Int], place: String, path: String
) throws(FormatError) -> Parameter {
  guard (1...2).contains(shape.count), shape.allSatisfy({ $0 > 0 }) else {
    throw FormatError(
      path: path, kind: .unsupported, place: place, found: "shape \(shape)",
      expected: "a vector or a matrix")
  }
  let (count, overflow) = shape.reduce((1, false)) { product, size in
    let (value, overflow) = product.0.multipliedReportingOverflow(by: size)
    return (value, product.1 || overflow)
  }
  guard !overflow, count <= elementLimit else {
    throw FormatError(
      path: path, kind: .unsupported, place: place, found: "shape \(shape)",
      expected: "at most \(elementLimit) elements")
  }
  return Parameter(name: name, shape: shape)
}

/// The most elements a tensor may have: what the counters of directions can number.
private let elementLimit = 1 << 33
