import CounterRandom

// Families about words themselves.

extension SyntheticTask {
  static func capitalsExample(_ stream: inout RandomStream) -> Example {
    let text = stream.choice(WordLists.adjectives) + " " + stream.choice(WordLists.nouns)
    return Example(
      instruction: stream.choice(["Write this in capital letters.", "Make this upper case."]),
      context: text, response: text.uppercased())
  }

  static func sortingExample(_ stream: inout RandomStream) -> Example {
    let words = stream.choices(stream.integer(3...4), of: WordLists.nouns)
    return Example(
      instruction: stream.choice([
        "Sort these words alphabetically.", "Put these words in alphabetical order.",
      ]),
      context: words.joined(separator: " "), response: words.sorted().joined(separator: ", "))
  }

  static func oddOneOutExample(_ stream: inout RandomStream) -> Example {
    let kinds = stream.choices(2, of: WordLists.kinds)
    var words = stream.choices(3, of: kinds[0])
    let place = stream.next(below: 4)
    words.insert(stream.choice(kinds[1]), at: place)
    let letters = ["a", "b", "c", "d"]
    let list = zip(letters, words).map { "(\($0)) \($1)" }
    return Example(
      instruction: stream.choice(["Which one does not belong?", "Which is the odd one out?"]),
      context: list.joined(separator: " "), response: "Answer: (\(letters[place]))")
  }

  static func wordCountExample(_ stream: inout RandomStream) -> Example {
    let words = stream.choices(stream.integer(2...7), of: WordLists.nouns)
    return Example(
      instruction: stream.choice(["How many words are there?", "Count the words."]),
      context: words.joined(separator: " "), response: "Count: \(words.count)")
  }
}
