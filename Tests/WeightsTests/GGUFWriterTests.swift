import Bytes
import Foundation
import Kernels
import Tensors
import Testing
import Weights

@Suite("Writing GGUF")
struct GGUFWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Two heads of four rows, so that the rows of queries are permuted.
  private static let parameters = ParameterMap([
    Parameter(name: "model.embed_tokens.weight", shape: [3, 32]),
    Parameter(name: "model.norm.weight", shape: [32]),
    Parameter(name: "model.layers.0.self_attn.q_proj.weight", shape: [8, 32]),
  ])

  private func writer(_ type: ElementType) throws(WeightsError) -> GGUFWriter {
    try GGUFWriter(
      path: folder.path + "/model.gguf",
      metadata: [
        ("general.architecture", .text("llama")), ("llama.attention.head_count", .unsigned(2)),
        ("llama.rope.freq_base", .float(500000)),
      ], parameters: Self.parameters, matrixType: type, naming: .test)
  }

  /// Elements that every type stores exactly: eighths of a block whose largest is −8 eighths.
  private static func element(_ row: Int, _ column: Int) -> Float {
    Float((row * 5 + column * 3) % 16 - 8) / 8
  }

  private func write(_ type: ElementType) throws -> GGUFWriter {
    let writer = try writer(type)
    for tensor in Self.parameters.parameters.indices {
      let parameter = Self.parameters[tensor]
      let matrix = Matrix(rows: parameter.rowCount, columns: 32)
      for row in 0..<matrix.rowCount {
        for column in 0..<32 { matrix[row, column] = Self.element(row, column) }
      }
      // The last rows first: the order must not matter.
      if matrix.rowCount > 1 {
        try writer.write(matrix.rows(1..<matrix.rowCount), toRow: 1, of: tensor)
      }
      try writer.write(matrix.rows(0..<1), toRow: 0, of: tensor)
    }
    return writer
  }

  @Test(
    "What is written is read again: names, metadata, row order, elements",
    arguments: [ElementType.f32, .f16, .bf16, .q4_0])
  func roundTrips(type: ElementType) throws {
    let writer = try write(type)
    try writer.finish()
    let store = try WeightStore.open(path: writer.path)
    #expect(store.parameters == Self.parameters && store.mappedByteCount == writer.byteCount)
    for parameter in Self.parameters.parameters {
      let index = try #require(store.parameters.index(of: parameter.name))
      let expected = (0..<parameter.rowCount).flatMap { row in
        (0..<32).map { Self.element(row, $0) }
      }
      let values = try store.values(of: parameter.name)
      let isExact = values == expected
      #expect(isExact, "\(parameter.name)")
      #expect(store.view(of: index).type == (parameter.shape.count == 1 ? .f32 : type))
    }
    guard case .gguf(let metadata) = store.metadata else { return }
    #expect(metadata.float("llama.rope.freq_base") == 500000)
  }

  @Test("Q8_0 rounds each element to a 127th of the largest of its block, within half of one")
  func roundTripsInQ8() throws {
    let writer = try write(.q8_0)
    try writer.finish()
    let values = try WeightStore.open(path: writer.path).values(of: "model.embed_tokens.weight")
    for (index, value) in values.enumerated() {
      // The scale is a binary16: 11 bits.
      let error = abs(value - Self.element(index / 32, index % 32))
      #expect(error <= 0.5 / 127 + 1 / 2048, "element \(index)")
    }
  }

  // Made by quantize() of the Python package gguf 0.19.0 from (7 i % 32 − 15) / 8.
  private static let known: [(ElementType, [UInt8])] = [
    (
      .q4_0,
      [0, 180, 143, 76, 25, 213, 162, 110, 59, 247, 196, 128, 93, 25, 230, 162, 127, 59]
    ),
    (
      .q8_0,
      [
        8, 36, 137, 192, 248, 48, 103, 161, 216, 16, 71, 127, 185, 240, 40, 95, 153, 208, 8, 64,
        119, 177, 232, 32, 87, 145, 200, 0, 56, 111, 169, 224, 24, 79,
      ]
    ),
  ]

  @Test("A block has the bytes that ggml's quantisers give it", arguments: known)
  func hasKnownBytes(type: ElementType, expected: [UInt8]) throws {
    let path = folder.path + "/known.gguf"
    let writer = try GGUFWriter(
      path: path, metadata: [("general.architecture", .text("llama"))],
      parameters: ParameterMap([Parameter(name: "lm_head.weight", shape: [1, 32])]),
      matrixType: type, naming: .test)
    try writer.write(Matrix(row: (0..<32).map { Float(7 * $0 % 32 - 15) / 8 }), toRow: 0, of: 0)
    try writer.finish()
    let row = try WeightStore.open(path: path).view(of: 0).bytes(ofRow: 0)
    #expect(try Array(Data(contentsOf: URL(filePath: path))[row.range]) == expected)
  }

  @Test(
    "A row that does not fill whole blocks, or a stray tensor, is a typed error",
    arguments: [
      Parameter(name: "lm_head.weight", shape: [2, 48]),
      Parameter(name: "model.layers.0.mlp.bias", shape: [32]),
    ])
  func refuses(parameter: Parameter) throws {
    let error = #expect(throws: WeightsError.self) {
      try GGUFWriter(
        path: folder.path + "/x.gguf", metadata: [], parameters: ParameterMap([parameter]),
        matrixType: .q4_0, naming: .test)
    }
    #expect(error?.description.contains(parameter.name) == true)
    #expect(try folder.names().isEmpty)
  }

  @Test(
    "Rows that heads do not divide evenly, or no number of heads, are a typed error",
    arguments: [nil, 0, 3, 8] as [UInt32?])
  func refusesHeads(heads: UInt32?) throws {
    let error = #expect(throws: WeightsError.self) {
      try GGUFWriter(
        path: folder.path + "/x.gguf",
        metadata: heads.map { [("llama.attention.head_count", .unsigned($0))] } ?? [],
        parameters: Self.parameters, matrixType: .f32, naming: .test)
    }
    #expect(error?.description.contains("q_proj") == true)
    #expect(try folder.names().isEmpty)
  }

  @Test("What another file says is carried on byte for byte, every type of value, in its order")
  func carriesOn() throws {
    var builder = GGUFBuilder.small()
    builder.add("some.unknown.key", type: 12, GGUFBuilder.little(Double.pi.bitPattern))
    builder.add(
      "nested", type: 9,
      GGUFBuilder.array(
        9, count: 1, GGUFBuilder.array(8, count: 1, GGUFBuilder.string("\u{1}é"))))
    let source = try GGUFFile(MappedFile(path: folder.write(builder.bytes, as: "source.gguf")))
    let path = folder.path + "/copy.gguf"
    let writer = try GGUFWriter(
      path: path, metadata: source.metadata.fields, parameters: Self.parameters, matrixType: .f32,
      naming: .test)
    for (tensor, parameter) in Self.parameters.parameters.enumerated() {
      try writer.write(
        Matrix(rows: parameter.rowCount, columns: 32), toRow: 0, of: tensor)
    }
    try writer.finish()
    let metadata = { (path: String) in
      // Behind the magic number, version and counts, up to the names of tensors.
      let bytes = try Data(contentsOf: URL(filePath: path)).dropFirst(24)
      return bytes.prefix(upTo: try #require(bytes.firstRange(of: Data("_embd".utf8))).lowerBound)
    }
    #expect(try metadata(path) == metadata(folder.path + "/source.gguf"))
  }

  @Test("Nothing stays without an end")
  func isAtomic() throws {
    _ = try write(.f32)
    #expect(try folder.names().isEmpty)
  }
}
