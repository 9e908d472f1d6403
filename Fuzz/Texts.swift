import Bytes
import Datasets
import Runs
import SeedBasis

extension FuzzTarget {
  /// Data, settings and patterns.
  static var texts: [FuzzTarget] {
    [
      FuzzTarget("data") {
        let scratch = try Scratch()
        let names = ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a.gz"]
        return { input in
          guard let (choice, rest) = input.choice else { return }
          let path = scratch.file(names[Int(choice) % names.count])
          try rest.write(to: path)
          _ = try Dataset.read(path: path)
        }
      },
      FuzzTarget("settings") {
        let path = try Scratch().file("settings.yaml")
        return { input in
          try input.write(to: path)
          _ = try SettingsFile.read(path)
        }
      },
      FuzzTarget("partition") { input in
        _ = try Partition(json: input.text, exampleCount: 4)
      },
      FuzzTarget("parameters") { input in
        _ = try ParameterPattern(input.text).matches("model.layers.0.mlp.up_proj.weight")
      },
    ]
  }
}
