import Tensors
import Testing

@Suite("Element types")
struct ElementTypeTests {
  @Test(
    "a row's bytes are its blocks' bytes",
    arguments: [
      (ElementType.f32, 7, 28), (.f16, 7, 14), (.bf16, 7, 14), (.q8_0, 64, 68), (.q4_0, 64, 36),
      (.q4_1, 64, 40), (.q4_1, 0, 0),
    ])
  func byteCount(_ type: ElementType, _ elements: Int, _ bytes: Int) {
    #expect(type.byteCount(elements: elements) == bytes)
  }

  @Test(
    "every type is found again by its names, and no two share one", arguments: ElementType.allCases)
  func names(_ type: ElementType) {
    #expect(ElementType(ggufCode: type.ggufCode) == type)
    if let name = type.safetensorsName {
      #expect(ElementType(safetensorsName: name) == type && type.torchName != nil)
    }
    let others = ElementType.allCases.filter { $0 != type }
    #expect(others.allSatisfy { $0.ggufFileType != type.ggufFileType })
  }

  @Test("what no type is called is none")
  func unknownNames() {
    #expect(ElementType(ggufCode: 16) == nil && ElementType(ggufCode: .max) == nil)
    #expect(ElementType(safetensorsName: "f32") == nil && ElementType(safetensorsName: "") == nil)
  }

  @Test(
    "a count that does not fill blocks, is negative or overflows has no size",
    arguments: [(ElementType.q4_0, 33), (.f32, -1), (.f32, Int.max), (.q8_0, Int.max & ~31)])
  func noByteCount(_ type: ElementType, _ elements: Int) {
    #expect(type.byteCount(elements: elements) == nil)
  }
}

@Suite("Parameter map")
struct ParameterMapTests {
  private let map = ParameterMap([
    Parameter(name: "model.norm.weight", shape: [3]),
    Parameter(name: "model.layers.10.a", shape: [2, 5]),
    Parameter(name: "model.layers.2.a", shape: [4, 5]),
  ])

  @Test("tensors are ordered by the bytes of their names")
  func order() {
    #expect(
      map.parameters.map(\.name) == ["model.layers.10.a", "model.layers.2.a", "model.norm.weight"])
    #expect(map.index(of: "model.layers.2.a") == 1)
    #expect(map.index(of: "model.layers.3.a") == nil)
  }

  @Test("its description has one line a tensor, and a vector is one row")
  func description() {
    #expect(
      map.description == "model.layers.10.a 2x5\nmodel.layers.2.a 4x5\nmodel.norm.weight 3\n")
    #expect(map.elementCount == 33)
    #expect(map[2].rowCount == 1 && map[2].columnCount == 3)
  }
}

@Suite("Matrix")
struct MatrixTests {
  private func counting(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(row: (0..<rows * columns).map(Float.init)).reshaped(rows: rows, columns: columns)
  }

  @Test("a part of a matrix shares its elements")
  func partsShareElements() {
    let whole = counting(4, 5)
    let part = whole.rows(1..<3).columns(2..<4)
    #expect(part.elements == [7, 8, 12, 13])
    part[1, 0] = -1
    #expect(whole[2, 2] == -1)
    part.copyElements(from: counting(2, 2))
    #expect(whole.rows(1..<3).elements == [5, 6, 0, 1, 9, 10, 11, 2, 3, 14])
  }

  @Test("an index outside traps, even where memory belongs to the whole matrix")
  func boundsTrap() async {
    await #expect(processExitsWith: .failure) {
      _ = Matrix(rows: 4, columns: 4).rows(0..<2)[2, 0]
    }
  }

  @Test("a part with gaps cannot be reshaped")
  func reshapeTraps() async {
    await #expect(processExitsWith: .failure) {
      _ = Matrix(rows: 4, columns: 4).columns(0..<2).reshaped(rows: 2, columns: 4)
    }
  }
}
