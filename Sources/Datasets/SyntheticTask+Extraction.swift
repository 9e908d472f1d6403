import CounterRandom

// Families that copy a part of a text into a form.

extension SyntheticTask {
  static func emailExample(_ stream: inout RandomStream) -> Example {
    let first = stream.choice(WordLists.firstNames)
    let last = stream.choice(WordLists.lastNames)
    let host = stream.choice(["example.org", "example.com", "example.net"])
    let address = "\(first).\(last)@\(host)".lowercased()
    let sentence = stream.choice([
      "Please write to \(address) before Friday.",
      "You can reach \(first) at \(address) for details.",
      "The form was sent by \(address) this morning.",
    ])
    return Example(
      instruction: stream.choice(["Find the email address.", "Which email address is mentioned?"]),
      context: sentence, response: "{\"email\": \"\(address)\"}")
  }

  static func dateExample(_ stream: inout RandomStream) -> Example {
    let year = stream.integer(1990...2029)
    let month = stream.integer(1...12)
    // Every month has 28 days.
    let day = stream.integer(1...28)
    let event = stream.choice(["concert", "meeting", "wedding", "exam", "race", "market"])
    let verb = stream.choice(["takes place", "is planned", "starts"])
    return Example(
      instruction: stream.choice(["When is the event?", "Find the date."]),
      context: "The \(event) \(verb) on \(day) \(WordLists.months[month - 1]) \(year).",
      response: "{\"date\": \"\(year)-\(twoDigits(month))-\(twoDigits(day))\"}")
  }

  static func endsExample(_ stream: inout RandomStream) -> Example {
    let words = stream.choices(stream.integer(3...5), of: WordLists.nouns)
    return Example(
      instruction: stream.choice([
        "What are the first and the last word?", "Name the word at each end of the list.",
      ]),
      context: words.joined(separator: " "),
      response: "first=\(words[0]), last=\(words[words.count - 1])")
  }

  static func acronymExample(_ stream: inout RandomStream) -> Example {
    let words =
      stream.choices(stream.integer(1...2), of: WordLists.adjectives)
      + stream.choices(2, of: WordLists.nouns)
    let name = words.map { $0.prefix(1).uppercased() + $0.dropFirst() }
    return Example(
      instruction: stream.choice(["Shorten this name to its initials.", "Abbreviate this name."]),
      context: name.joined(separator: " "),
      response: "Acronym: " + name.map { $0.prefix(1) }.joined())
  }

  private static func twoDigits(_ number: Int) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
