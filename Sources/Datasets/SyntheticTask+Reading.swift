import CounterRandom

// Families that ask what a text says.

extension SyntheticTask {
  static func sentimentExample(_ stream: inout RandomStream) -> Example {
    let isPositive = stream.next(below: 2) == 0
    let adjectives = stream.choices(2, of: isPositive ? praise : blame)
    let things = stream.choices(2, of: WordLists.reviewed)
    let review = "The \(things[0]) was \(adjectives[0]) and the \(things[1]) \(adjectives[1])."
    return Example(
      instruction: stream.choice(["Is this review good or bad?", "How does the customer feel?"]),
      context: review, response: "Sentiment: \(isPositive ? "positive" : "negative")")
  }

  static func topicExample(_ stream: inout RandomStream) -> Example {
    let topic = stream.choice(topics)
    let headline = """
      \(stream.choice(topic.subjects)) \(stream.choice(topic.events)) on \
      \(stream.choice(WordLists.weekdays))
      """
    return Example(
      instruction: stream.choice([
        "What is this headline about?", "Which topic fits this headline?",
      ]),
      context: headline, response: "[\(topic.name)]")
  }

  static func readingExample(_ stream: inout RandomStream) -> Example {
    let name = stream.choice(WordLists.firstNames)
    let place = stream.choice(WordLists.cities)
    let year = stream.integer(1980...2023)
    let subject = stream.choice(WordLists.subjects)
    let (question, answer) = stream.choice([
      ("Where does \(name) live now?", "Place: \(place)"),
      ("When did \(name) move?", "Year: \(year)"),
      ("What does \(name) teach?", "Subject: \(subject)"),
    ])
    return Example(
      instruction: question,
      context: "In \(year) \(name) moved to \(place) to teach \(subject).", response: answer)
  }

  private static let praise = [
    "wonderful", "excellent", "friendly", "perfect", "delightful", "superb", "lovely", "great",
    "fantastic", "charming",
  ]

  private static let blame = [
    "terrible", "awful", "rude", "broken", "dirty", "horrible", "disappointing", "bad",
    "dreadful", "useless",
  ]

  private static let topics: [(name: String, subjects: [String], events: [String])] = [
    (
      "sports",
      ["Striker", "Goalkeeper", "Tennis champion", "Home team", "Young swimmer", "Cyclist"],
      [
        "wins the cup final", "breaks the club record", "misses the last match",
        "signs for a rival",
        "returns from injury", "trains for the next race",
      ]
    ),
    (
      "business",
      ["Car maker", "Central bank", "Online shop", "Steel company", "Airline", "Retail group"],
      [
        "raises its prices", "reports higher profits", "cuts four hundred jobs",
        "buys a smaller competitor", "sells shares to investors", "warns of weak sales",
      ]
    ),
    (
      "science",
      ["Space telescope", "Research team", "Physicist", "Biologist", "Laboratory", "Astronomer"],
      [
        "discovers a distant planet", "publishes a new theory", "measures the melting ice",
        "maps the genes of a fish", "observes a rare comet", "tests a vaccine in mice",
      ]
    ),
    (
      "music",
      ["Singer", "Rock band", "Young pianist", "Choir", "Orchestra", "Guitar player"],
      [
        "releases a second album", "starts a world tour", "cancels the concert",
        "records an old song", "plays in the opera house", "wins a prize for best melody",
      ]
    ),
    (
      "weather",
      ["Heavy rain", "Strong wind", "A cold front", "Thick fog", "A heat wave", "Early snow"],
      [
        "reaches the coast", "moves towards the north", "brings low temperatures",
        "is expected in the hills", "ends after five days", "surprises the forecasters",
      ]
    ),
  ]
}
