import Bytes
import Kernels
import LanguageModels
import FineTuning
import Tensors
import Weights

extension FuzzTarget {
  /// Weight files and what describes them.
  static var models: [FuzzTarget] {
    [
      FuzzTarget("json") { try _ = JSON.parse($0.bytes[...]) },
      FuzzTarget("gguf") { try readsModel(named: "model.gguf", beside: []) },
      FuzzTarget("safetensors") {
        try readsModel(named: "model.safetensors", beside: ["config.json"])
      },
      FuzzTarget("safetensors-index") {
        try readsModel(
          named: "model.safetensors.index.json", beside: ["config.json", "model.safetensors"])
      },
      FuzzTarget("config") {
        try readsModel(named: "config.json", beside: ["model.safetensors", "tokenizer.json"])
      },
      FuzzTarget("estimate") {
        let path = try Scratch().file("config.json")
        return { input in
          try input.write(to: path)
          try _ = ModelConfiguration(configurationFile: path)
        }
      },
    ]
  }

  /// Opens the folder or GGUF file, and loads a row of each tensor.
  private static func readsModel(
    named name: String, beside names: [String]
  ) throws -> (FuzzInput) throws -> Void {
    let scratch = try Scratch()
    for other in names { try scratch.copy(other) }
    let path = name.hasSuffix(".gguf") ? scratch.file(name) : scratch.path
    let context = ComputeContext(threads: Threads(1))
    return { input in
      try input.write(to: scratch.file(name))
      let model = try LoadedModel.open(path: path, context: context)
      loadRows(of: model.store)
      try _ = model.chatTemplate
      try _ = model.tokenizer
    }
  }

  private static func loadRows(of store: WeightStore) {
    for (index, parameter) in store.parameters.parameters.enumerated() {
      let tile = Matrix(rows: 1, columns: parameter.columnCount)
      store.load(parameter.rowCount - 1..<parameter.rowCount, of: index, into: tile)
    }
  }
}
