import Datasets
import Foundation
import Testing

/// A text of a data file and what it should be read as.
struct SchemaCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let text: String
  let name: String
  let example: Example
  let summary: String

  init(_ summary: String, _ text: String, as name: String = "a.jsonl", is example: Example) {
    (testDescription, self.text, self.name, self.example) = (summary, text, name, example)
    self.summary = "1 example, " + summary
  }
}

@Suite("Schemas of public data sets")
struct SchemaTests {
  static let asked = Example(instruction: "Sort: b a", response: "a b")
  static let about = Example(instruction: "Sort", context: "b a", response: "a b")
  static let talk = Example(turns: [
    Turn(.system, "Be brief."), Turn(.user, "1+1?"), Turn(.assistant, "2"), Turn(.user, "2+2?"),
    Turn(.assistant, "4"),
  ])
  static func choice(_ response: String) -> Example {
    Example(instruction: "Red fruit?", response: response, options: ["plum", "cherry", "kiwi"])
  }

  static let records = [
    SchemaCase(
      "Dolly (instruction, context, response)",
      #"{"instruction": "Sort", "context": "b a", "response": "a b"}"#, is: about),
    SchemaCase(
      "Alpaca (instruction, input, output)",
      #"{"instruction": "Sort", "input": "b a", "output": "a b"}"#, is: about),
    SchemaCase(
      "Alpaca (instruction, input, output); not read: 'text'",
      #"{"instruction": "Sort: b a", "input": "", "output": "a b", "text": "all", "id": 3}"#,
      is: asked),
    SchemaCase(
      "instruction and response (instruction, input, response)",
      #"{"instruction": "Sort", "input": "b a", "response": "a b"}"#, is: about),
    SchemaCase(
      "prompt and completion (prompt, completion)",
      #"{"prompt": "Sort: b a", "completion": "a b"}"#, is: asked),
    SchemaCase(
      "prompt and response (prompt, response)",
      #"{"prompt": "Sort: b a", "response": "a b"}"#, is: asked),
    SchemaCase(
      "question and answer (question, context, answer)",
      #"{"question": "Sort", "context": "b a", "answer": "a b"}"#, is: about),
    SchemaCase(
      "query and response (query, response)",
      #"{"query": "Sort: b a", "response": "a b", "type": ""}"#, is: asked),
    SchemaCase(
      "input and output (input, output)", #"{"input": "Sort: b a", "output": "a b"}"#, is: asked),
    SchemaCase(
      "question and response (question, response, system_prompt)",
      #"{"system_prompt": "Be kind.", "question": "Sort", "response": "a b"}"#,
      is: Example(turns: [
        Turn(.system, "Be kind."), Turn(.user, "Sort"), Turn(.assistant, "a b"),
      ])),
    SchemaCase(
      "messages (messages)",
      """
      {"messages": [{"role": "system", "content": "Be brief."},
      {"role": "user", "content": [{"type": "text", "text": "1+1?"}]},
      {"role": "assistant", "content": "2"}, {"role": "user", "content": "2+2?"},
      {"role": "assistant", "content": "4"}, {"role": "user", "content": "Thanks"}]}
      """.replacing("\n", with: ""), is: talk),
    SchemaCase(
      "ShareGPT (conversations, system)",
      """
      {"system": "Be brief.", "conversations": [{"from": "human", "value": "1+1?"},
      {"from": "gpt", "value": "2"}, {"from": "human", "value": "2+2?"},
      {"from": "gpt", "value": "4"}]}
      """.replacing("\n", with: ""), is: talk),
    SchemaCase(
      "messages (messages); not read: 'messages[].weight', 'prompt'",
      """
      {"prompt": "1", "messages": [{"role": "user", "content": "1", "name": ""},
      {"role": "assistant", "content": "2", "weight": 0}]}
      """.replacing("\n", with: ""),
      is: Example(instruction: "1", response: "2")),
    SchemaCase(
      "text (text)", #"{"text": "Once upon a time."}"#, is: Example(text: "Once upon a time.")),
    SchemaCase(
      "labelled sentences (text, label)", #"{"text": "so dull", "label": 0}"#,
      is: Example(
        instruction: "so dull It was", response: "terrible", category: "terrible",
        options: ["terrible", "great"])),
    SchemaCase(
      "multiple choice (question, choices, answer)",
      #"{"question": "Red fruit?", "choices": ["plum", "cherry", "kiwi"], "answer": 1}"#,
      is: choice("cherry")),
    SchemaCase(
      "multiple choice (question, choices, answerKey)",
      #"{"question": "Red fruit?", "choices": {"label": ["1", "2", "3"], "#
        + #""text": ["plum", "cherry", "kiwi"]}, "answerKey": "3"}"#,
      is: choice("kiwi")),
    SchemaCase(
      "multiple choice (question, options, answer)",
      #"{"question": "Red fruit?", "options": {"A": "plum", "B": "cherry", "C": "kiwi"}, "#
        + #""answer": "cherry"}"#,
      is: choice("cherry")),
    SchemaCase(
      "multiple choice (question, A, B, C, answer)",
      #"{"question": "Red fruit?", "A": "plum", "B": "cherry", "C": "kiwi", "answer": "B"}"#,
      is: choice("cherry")),
    SchemaCase(
      "Dolly (instruction, response, options)",
      #"{"instruction": "Red fruit?", "options": ["plum", "cherry", "kiwi"], "response": "kiwi"}"#,
      is: choice("kiwi")),
    SchemaCase(
      "prompt and completion (prompt, completion, category)",
      #"{"prompt": "Sort: b a", "completion": "a b", "category": 7}"#,
      is: Example(instruction: "Sort: b a", response: "a b", category: "7")),
  ]

  static let files = [
    SchemaCase(
      "Alpaca (instruction, input, output)",
      "[\n {\"instruction\": \"Sort\",\n  \"input\": \"b a\", \"output\": \"a b\"}\n]",
      as: "a.json", is: about),
    SchemaCase(
      "Alpaca (instruction, output)", #"[{"instruction": "Sort: b a", "output": "a b"}]"#,
      as: "misnamed.jsonl", is: asked),
    SchemaCase(
      "prompt and completion (prompt, completion)",
      "{\n  \"version\": 1,\n  \"data\": [{\"prompt\": \"Sort: b a\", \"completion\": \"a b\"}]\n}",
      as: "a.json", is: asked),
    SchemaCase(
      "prompt and completion (prompt, completion)",
      "{\n  \"prompt\": \"Sort: b a\",\n  \"completion\": \"a b\"\n}", as: "a.json", is: asked),
    SchemaCase(
      "Alpaca (instruction, input, output)", "instruction,input,output\r\nSort,b a,a b\r\n",
      as: "a.csv", is: about),
    SchemaCase(
      "Question and Answer (Question, Answer)", "Question,Answer\nSort: b a,a b", as: "a.csv",
      is: asked),
    SchemaCase(
      "question and answer (question, context, answer)",
      "\u{FEFF}\"question\";\"context\";\"answer\"\nSort;\"b a\";a b", as: "a.csv", is: about),
    SchemaCase(
      "Dolly (instruction, context, response)", "context\tinstruction\tresponse\nb a\tSort\ta b\n",
      as: "a.tsv", is: about),
    SchemaCase(
      "multiple choice (question, A, B, C, answer); not read: 'year'",
      "question,A,B,C,answer,year\nRed fruit?,plum,cherry,kiwi,C,2020\n", as: "a.csv",
      is: choice("kiwi")),
    SchemaCase(
      "labelled sentences (sentence, label); not read: 'genre'",
      "sentence,label,genre\n\"so, dull\",0,x\n", as: "a.csv",
      is: Example(
        instruction: "so, dull It was", response: "terrible", category: "terrible",
        options: ["terrible", "great"])),
    SchemaCase(
      "text (text)", "text\n\"Once\n\nupon \"\"a\"\" time\"\n", as: "a.csv",
      is: Example(text: "Once\n\nupon \"a\" time")),
  ]

  @Test("a record of each is recognised, read, and said with its keys", arguments: records + files)
  func recognises(_ schema: SchemaCase) throws {
    let dataset = try DatasetReadingTests.read(schema.text, as: schema.name)
    #expect(dataset.examples == [schema.example])
    #expect(dataset.summary == schema.summary)
  }

  @Test("keys are named for columns, which go before those that are known")
  func columns() throws {
    var options = DatasetOptions()
    options.columns = try Column.parse("instruction=task,response=gold,context=input")
    let record = #"{"task": "Sort", "gold": "a b", "input": "b a", "text": "x", "response": "y"}"#
    let dataset = try DatasetReadingTests.read(record, as: "a.jsonl", options: options)
    #expect(dataset.examples == [Self.about])
    #expect(
      dataset.summary
        == "1 example, task and gold (task, input, gold); not read: 'response', 'text'")
    options.columns = [.text: "response"]
    let text = try DatasetReadingTests.read(record, as: "a.jsonl", options: options)
    #expect(text.examples == [Example(text: "y")])
  }

  @Test(
    "a list of columns that is none is refused with what it may be",
    arguments: ["", "instruction", "instruction=", "task=x", "text=a,text=b", "text=a,"])
  func badColumns(text: String) throws {
    let error = try #require(throws: ColumnError.self) { try Column.parse(text) }
    #expect(error.description.contains("the columns are messages, instruction, context"))
  }

  @Test("conversations without an answer are left out and counted")
  func noAnswer() throws {
    let text = """
      {"conversations": []}
      {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}
      {"conversations": [{"from": "human", "value": "a"}]}
      """
    let dataset = try DatasetReadingTests.read(text, as: "a.jsonl")
    #expect(dataset.examples == [Example(instruction: "a", response: "b")])
    #expect(
      dataset.summary == "1 example, ShareGPT (conversations); 2 without an answer left out")
  }

  @Test(
    "clients may be told apart by any scalar",
    arguments: [("7", "7"), ("-1.5", "-1.5"), ("true", "true"), (#""s1""#, "s1")])
  func clientKeys(value: String, category: String) throws {
    var options = DatasetOptions()
    options.categoryKey = "user"
    let text = #"{"prompt": "a", "completion": "b", "user": \#(value)}"#
    let dataset = try DatasetReadingTests.read(text, as: "a.jsonl", options: options)
    #expect(dataset.examples.map(\.category) == [category])
  }

  @Test("labelled sentences have clients too, where a key is named for them")
  func labelledClients() throws {
    var options = DatasetOptions()
    options.categoryKey = "user"
    let text = #"{"sentence": "a", "label": "1", "user": 5}"#
    let dataset = try DatasetReadingTests.read(text, as: "a.jsonl", options: options)
    #expect(dataset.examples.map(\.category) == ["5"])
  }

  @Test("a client key that is null, a list or missing is refused by name and line")
  func badClientKeys() throws {
    var options = DatasetOptions()
    options.categoryKey = "user"
    for (member, part) in [
      (#""user": null"#, "'user' should be a string, a number, true or false, but is null"),
      (#""user": [1]"#, "'user' should be a string, a number, true or false, but is a list of 1"),
      (#""site": 1"#, "the key 'user' is missing"),
    ] {
      let text = "\n" + #"{"prompt": "a", "completion": "b", \#(member)}"#
      let error = try #require(throws: DatasetError.self) {
        try DatasetReadingTests.read(text, as: "a.jsonl", options: options)
      }
      #expect(error.description.contains("a.jsonl:2: " + part), "\(error)")
    }
  }
}
