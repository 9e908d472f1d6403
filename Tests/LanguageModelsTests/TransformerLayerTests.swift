import Foundation
import LanguageModels
import Tensors
import Testing

@Suite("Layers as units")
struct TransformerLayerTests {
  /// A pass of sequences with a shared prefix, of which some rows are given out.
  private func pass(_ checked: CheckedModel) throws -> ForwardPass {
    try checked.model.forwardPass(
      of: PackedBatch([
        .init(checked.tokens(70, seed: 1), labels: 10..<20),
        .init(checked.tokens(5, seed: 2)),
        .init(checked.tokens(9, seed: 3), firstPosition: 5, labels: 1..<9, prefix: 1),
      ]), weights: checked.weights)
  }

  @Test(
    "A layer run again from its input alone, in any order, has the same bits", arguments: [1, 3])
  func runAgain(threads: Int) throws {
    let pass = try pass(.odd(threads: threads))
    var states = [pass.embedding()]
    for layer in pass.layers { states.append(layer.forward(states[states.count - 1])) }
    let bits = states.map(\.elements)
    for index in pass.layers.indices.reversed() {
      let layer = pass.layers[index]
      #expect(layer.forward(states[index]).elements == bits[index + 1])
      let kept = layer.makeActivations()
      #expect(layer.forward(states[index], keeping: kept).elements == bits[index + 1])
    }
    #expect(states.map(\.elements) == bits)
    #expect(pass.layers.count == 3 && states[3].rowCount == 18 && states[2].rowCount == 19 + 5 + 8)
  }

  @Test("What a layer keeps leads to its output, by the definition")
  func kept() throws {
    let checked = try CheckedModel.odd()
    let pass = try pass(checked)
    let layer = pass.layers[0]
    let kept = layer.makeActivations()
    let output = layer.forward(pass.embedding(), keeping: kept)
    let gate = try #require(kept.gate)
    let down = try #require(
      checked.weights.parameters.index(of: "model.layers.0.mlp.down_proj.weight"))
    for row in 0..<output.rowCount {
      let hidden = zip(values(gate, row), values(kept.up, row)).map {
        $0 / (1 + exp(-$0)) * $1
      }
      for column in 0..<output.columnCount {
        let weights = values(checked.weights.tensors[down], column)
        let expected = Double(kept.attended[row, column]) + dot(hidden, weights)
        let size = zip(hidden, weights).reduce(abs(expected)) { $0 + abs($1.0 * $1.1) }
        // Higham 2002, 3.1: a sum of n products is off by at most n u Σ|x|.
        let tolerance = Double(hidden.count + 8) * Double(Float.ulpOfOne / 2) * size
        #expect(abs(Double(output[row, column]) - expected) <= tolerance)
      }
    }
  }

  private func values(_ matrix: Matrix, _ row: Int) -> [Double] {
    matrix.rows(row..<row + 1).elements.map(Double.init)
  }
}
