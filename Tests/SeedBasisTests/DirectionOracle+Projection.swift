import CounterRandom
import SeedBasis

// Documentation/Directions.md, section 5.
extension DirectionOracle {
  /// The sums after the projection of consecutive gradients from `offset` on, bit by bit.
  func project(_ gradient: [Float], offset: Int, addingTo sums: [Float]) -> [Float] {
    if gradient.isEmpty { return sums }
    if kind == .hadamard { return hadamardProjection(gradient, offset, sums) }
    return sums.indices.map { k in
      gradient.enumerated().reduce(sums[k]) { $0 + value(k, offset + $1.0) * $1.1 }
    }
  }

  private func hadamardProjection(_ gradient: [Float], _ offset: Int, _ sums: [Float]) -> [Float] {
    let K = candidateCount
    let range = offset..<offset + gradient.count
    return (range.lowerBound / K...(range.upperBound - 1) / K).reduce(sums) { sums, b in
      let y = (0..<K).map { j in
        let i = b * K + j
        return (range.contains(i) ? gradient[i - offset] : 0)
          * sign(j, b, .hadamardElementSigns)
      }
      return Self.transform(y).enumerated().map { k, y in
        sums[k] + y * sign(k, b, .hadamardCandidateSigns)
      }
    }
  }

  /// What the projection is: `Σ_i z_k[i] g[i]` in binary64, and the same of magnitudes.
  func exactProjection(_ k: Int, _ gradient: [Float], offset: Int) -> (sum: Double, size: Double) {
    gradient.enumerated().reduce((0, 0)) { total, element in
      let product = Double(value(k, offset + element.offset)) * Double(element.element)
      return (total.0 + product, total.1 + abs(product))
    }
  }
}
