import LanguageModels
import Synchronization
import Tensors
import Testing

/// All of a gradient, in memory: the sink that no product can afford.
final class WholeGradient: GradientSink {
  let parameters: ParameterMap
  /// For each shard and tensor the sum of its parts, if there are any.
  private let sums: Mutex<[[Int: [Float]]]>

  init(_ parameters: ParameterMap) {
    self.parameters = parameters
    sums = Mutex([[Int: [Float]]](repeating: [:], count: GradientShards.count))
  }

  func wants(_ tensor: Int) -> Bool { true }

  func add(_ gradient: Matrix, toRows rows: Range<Int>, of tensor: Int, shard: Int) {
    let parameter = parameters[tensor]
    let elements = gradient.elements
    sums.withLock { sums in
      var sum =
        sums[shard][tensor] ?? [Float](repeating: 0, count: parameter.elementCount)
      for (index, element) in elements.enumerated() {
        sum[rows.lowerBound * parameter.columnCount + index] += element
      }
      sums[shard][tensor] = sum
    }
  }

  /// Returns the gradient of a tensor, its shards added in their order.
  func values(of tensor: Int) -> [Float] {
    sums.withLock { sums in
      var total = [Float](repeating: 0, count: parameters[tensor].elementCount)
      for shard in sums {
        if let part = shard[tensor] { for i in total.indices { total[i] += part[i] } }
      }
      return total
    }
  }
}

/// Of autograd's gradient of a tensor its norm and some elements.
struct GradientSample: Decodable {
  let norm: Double
  /// The norm of how far binary32 is off, if the gradient is of binary64.
  let error: Double?
  let indices: [Int]
  let values: [Double]

  /// Expects the elements and the norm of `found` within `tolerance` of the norm.
  func check(_ found: [Float], _ tolerance: Double, _ name: String) {
    let size = found.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
    #expect(abs(size - norm) <= tolerance * norm, "\(name): norm \(size), not \(norm)")
    for (index, value) in zip(indices, values) {
      #expect(
        abs(Double(found[index]) - value) <= tolerance * norm,
        "\(name)[\(index)]: \(found[index]), not \(value)")
    }
  }
}

/// The derivative of the mean of all sequences' mean losses.
func meanDerivative(_ losses: [SequenceLoss]) -> [Double] {
  losses.map { 1 / Double($0.labelCount * losses.count) }
}
