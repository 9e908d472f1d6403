import Bytes
import Kernels
import Tensors
import Testing
import Weights

@Suite("Writing")
struct SafetensorsWriterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let parameters = ParameterMap([
    Parameter(name: "b \"quoted\"\n", shape: [3]), Parameter(name: "a", shape: [4, 2]),
  ])

  private func writer(_ types: [ElementType]) throws -> SafetensorsWriter {
    try SafetensorsWriter(
      path: folder.path + "/model.safetensors", parameters: Self.parameters, types: types,
      metadata: ["format": "pt", "note": "\u{1}é\\"])
  }

  /// Writes the values 0, 1, 2, … to both tensors, the last rows of the matrix first.
  private func write(_ types: [ElementType]) throws -> SafetensorsWriter {
    let writer = try writer(types)
    let matrix = Matrix(rows: 4, columns: 2)
    for index in 0..<8 { matrix[index / 2, index % 2] = Float(index) }
    try writer.write(matrix.rows(1..<4), toRow: 1, of: 0)
    try writer.write(matrix.rows(0..<1), toRow: 0, of: 0)
    try writer.write(Matrix(row: [0, 1, 2]), toRow: 0, of: 1)
    return writer
  }

  @Test(
    "What is written is read again, whatever the order of rows and mix of types",
    arguments: [
      [.f32, .f32], [.bf16, .f32], [.f16, .bf16], [.f32, .f16],
    ] as [[ElementType]])
  func roundTrips(types: [ElementType]) throws {
    try write(types).finish()
    _ = try folder.write("{}", as: "config.json")
    let store = try WeightStore.open(path: folder.path)
    #expect(store.parameters == Self.parameters)
    #expect((0..<2).map { store.view(of: $0).type } == types)
    #expect(try store.values(of: "a") == [0, 1, 2, 3, 4, 5, 6, 7])
    #expect(try store.values(of: "b \"quoted\"\n") == [0, 1, 2])
    let file = try SafetensorsFile(store.files[0])
    #expect(file.metadata == ["format": "pt", "note": "\u{1}é\\"])
    #expect(file.tensors[0].range.lowerBound.isMultiple(of: 8))
  }

  @Test("Nothing is at the path before the end, and nothing stays without one")
  func isAtomic() throws {
    do {
      let writer = try write([.f32, .f32])
      #expect(try !folder.names().contains("model.safetensors"))
      _ = writer
    }
    #expect(try folder.names().isEmpty)
  }

  @Test("A file that is replaced keeps its old content until the end")
  func replaces() throws {
    let path = try folder.write("old", as: "note")
    let file = try AtomicFile(path: path)
    try file.write(Array("new content".utf8), at: 0)
    #expect(try MappedFile(path: path).byteCount == 3)
    try file.commit()
    #expect(try MappedFile(path: path).byteCount == 11)
    #expect(try folder.names() == ["note"])
  }

  @Test("A folder that does not exist is refused with the system's reason")
  func refusesFolder() throws {
    let path = folder.path + "/none/file"
    let error = #expect(throws: FileError.self) { try AtomicFile.write([1], to: path) }
    #expect(error?.description.contains("No such file") == true)
  }

  @Test("A file with a missing row is a programming error")
  func trapsOnMissingRows() async {
    await #expect(processExitsWith: .failure) {
      // A set-up that fails is a success here, and the test fails.
      guard let writer = try? SafetensorsWriterTests().writer([.f32, .f32]) else { return }
      try writer.finish()
    }
  }
}
