import Datasets
import Foundation
import Testing

@Suite("Files and folders of data")
struct DataFileTests {
  private static func record(_ number: Int, _ more: String = "") -> String {
    #"{"prompt": "\#(number)", "completion": "a"\#(more)}"# + "\n"
  }

  private static func examples(_ numbers: [Int], category: String = "none") -> [Example] {
    numbers.map { Example(instruction: "\($0)", response: "a", category: category) }
  }

  @Test("a packed file is read as what is inside, whatever its name")
  func gzip() throws {
    // printf 'text\nOnce\n' | gzip -n
    let packed: [UInt8] = [
      0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0x2B, 0x49, 0xAD, 0x28, 0xE1, 0xF2, 0xCF, 0x4B, 0x4E,
      0xE5, 2, 0, 0x29, 0x98, 0x41, 0x7F, 0x0A, 0, 0, 0,
    ]
    let folder = try TemporaryFolder()
    for name in ["a.csv.gz", "a.csv", "b.CSV.GZ"] {
      let path = try folder.write(packed, as: name)
      #expect(try Dataset.read(path: path).examples == [Example(text: "Once")])
    }
    let cut = try folder.write(Array(packed.dropLast(4)), as: "cut.gz")
    let error = try #require(throws: DatasetError.self) { try Dataset.read(path: cut) }
    #expect(error.description.contains("cut.gz: is packed by gzip and ends too early"))
  }

  @Test("a folder's files are read by name, and each may be a client")
  func folder() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.record(3), as: "b.jsonl")
    _ = try folder.write("[" + Self.record(1) + "," + Self.record(2) + "]", as: "a.json")
    _ = try folder.write("prompt,completion,lang\n4,a,en\n", as: "c.csv")
    _ = try folder.write("not data", as: "README.md")
    _ = try folder.write("not data", as: ".hidden.json")
    _ = try folder.write("PAR1", as: "d.parquet")
    let dataset = try Dataset.read(path: folder.path)
    #expect(dataset.examples == Self.examples([1, 2, 3, 4]))
    #expect(
      dataset.summary
        == "4 examples of 3 files, prompt and completion (prompt, completion); not read: 'lang', "
        + "'d.parquet'")
    var options = DatasetOptions()
    options.categoryKey = "file"
    let clients = try Dataset.read(path: folder.path, options: options).examples.map(\.category)
    #expect(clients == ["a", "a", "b", "c"])
  }

  @Test(
    "files whose records differ in what they may lack are of one schema; pipes are not waited for")
  func optionalKeys() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(#"{"instruction": "a", "response": "b"}"#, as: "a.jsonl")
    _ = try folder.write(#"{"instruction": "a", "input": "c", "response": "b"}"#, as: "b.jsonl")
    let dataset = try Dataset.read(path: folder.path)
    #expect(
      dataset.summary
        == "2 examples of 2 files, Dolly (instruction, response, input)")
    #expect(unsafe mkfifo(folder.path + "/c.jsonl", 0o600) == 0)
    #expect(throws: DatasetError.self) { try Dataset.read(path: folder.path) }
  }

  @Test("files of several schemas in one folder are refused by name")
  func mixedFolder() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Self.record(1), as: "a.jsonl")
    _ = try folder.write(#"{"text": "b"}"#, as: "b.jsonl")
    let error = try #require(throws: DatasetError.self) { try Dataset.read(path: folder.path) }
    #expect(
      error.description.hasSuffix(
        "several schemas: prompt and completion (prompt, completion); text (text). Read them one by "
          + "one"))
  }

  @Test("a folder without data says what it has instead")
  func noData() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("x", as: "data/train.txt")
    _ = try folder.write("x", as: "README.md")
    let error = try #require(throws: DatasetError.self) { try Dataset.read(path: folder.path) }
    #expect(error.description.contains("found 'README.md', 'data'. Name a file, or the folder"))
    _ = try folder.write("PAR1", as: "train.parquet")
    let refusal = try #require(throws: DatasetError.self) { try Dataset.read(path: folder.path) }
    #expect(refusal.description.contains("/train.parquet: is a Parquet file; convert it by: "))
  }

  @Test(
    "files of other formats are refused with what they are and what to do",
    arguments: [
      ("PAR1....", "a.parquet", "a Parquet file; convert it by: python3 -c"),
      ("PK\u{3}\u{4}", "a.xlsx", "a zip archive; unpack it"),
      ("ARROW1\0\0", "a.arrow", "an Arrow file"),
      ("version https://git-lfs.github.com/spec/v1\n", "a.jsonl", "git lfs pull"),
      ("<!DOCTYPE html>\n<html>", "a.jsonl", "a web page"),
      ("\n <HTML>", "a.json", "a web page"),
      ("SQLite format 3\0", "a.db", "an SQLite database"),
      ("GGUF....", "a.jsonl", "a GGUF model; it is MODEL"),
      ("\u{10}\0\0\0\0\0\0\0{}", "model.bin", "a safetensors file; it is of MODEL"),
      ("BZh9", "my data.bz2", "bunzip2 '"),
      ("%PDF-1.5", "a.pdf", "a PDF document"),
    ])
  func foreign(text: String, name: String, message: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(text, as: name)
    let error = try #require(throws: DatasetError.self) { try Dataset.read(path: path) }
    #expect(error.description.contains("\(name): is ") && error.description.contains(message))
  }

  @Test(
    "tables and records that do not fit are refused with place, value and advice",
    arguments: [
      ("prompt,completion\na\n", "a.csv", "a.csv:2: has 1 fields, but the header has 2"),
      ("prompt,completion\na,\"b\n\n", "a.csv", "a.csv:2: a quoted field does not end"),
      ("prompt,completion\na,\"b\"c\n", "a.csv", "a.csv:2: a quoted field"),
      ("prompt,prompt\na,b\n", "a.csv", "a.csv:1: the header has the column 'prompt' twice"),
      ("x,y\na,b\n", "a.csv", "a.csv:2: no known schema has the keys 'x', 'y'"),
      ("prompt,completion\n", "a.csv", "a.csv: holds no example"),
      (
        #"{"prompt": "a", "completion": "b"}"# + "\n" + #"{"messages": []}"#, "a.jsonl",
        "a.jsonl:2: the key 'completion' is missing; found 'messages'"
      ),
      (
        #"{"prompt": "a", "chosen": "b", "rejected": "c"}"#, "a.jsonl",
        "no known schema has the keys 'chosen', 'prompt', 'rejected'"
      ),
      (
        #"{"messages": [{"role": "tool", "content": "x"}]}"#, "a.jsonl",
        "'messages[0].role' should be system, user (human) or assistant (gpt), but is the string"
      ),
      (
        #"{"messages": [{"role": "user", "content": null}]}"#, "a.jsonl",
        "'messages[0].content' should be a string, but is null"
      ),
      (
        #"{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}"#, "a.jsonl",
        "'messages[0].content[0].type' should be \"text\""
      ),
      (
        #"{"question": "q", "choices": ["a", "b"], "answer": 2}"#, "a.jsonl",
        "'answer' is '2', which is none of the options 'a', 'b'"
      ),
      (
        #"{"question": "q", "choices": ["a", ["b"]], "answer": 0}"#, "a.jsonl",
        "'choices' should be a list of strings, but is a list of 2"
      ),
      (#"[{"text": "a"}, {"text": "b"}"#, "a.json", "a.json: is not valid JSON"),
      ("[{\"text\": \"a\"},\n\n{\"txt\": \"b\"}]", "a.json", "a.json:3: the key 'text' is missing"),
    ])
  func refusals(text: String, name: String, message: String) throws {
    let error = try #require(throws: DatasetError.self) {
      try DatasetReadingTests.read(text, as: name)
    }
    #expect(error.description.contains(message), "\(error)")
  }

  @Test("a key that columns name and no record has is refused")
  func unusedColumn() throws {
    var options = DatasetOptions()
    options.columns = [.context: "subject"]
    let error = try #require(throws: DatasetError.self) {
      try DatasetReadingTests.read(Self.record(1), as: "a.jsonl", options: options)
    }
    #expect(error.description.contains("no record has the key 'subject', which '--columns'"))
  }
}
