import CounterRandom

// Families about numbers. Their instructions say everything, so they have no context.

extension SyntheticTask {
  static func comparisonExample(_ stream: inout RandomStream) -> Example {
    let numbers = stream.choices(2, of: Array(1...999))
    let asksForGreater = stream.next(below: 2) == 0
    let isGreater = numbers[0] > numbers[1]
    return Example(
      instruction: "Is \(numbers[0]) \(asksForGreater ? "greater" : "less") than \(numbers[1])?",
      response: "Answer: \(isGreater == asksForGreater ? "yes" : "no")")
  }

  static func conversionExample(_ stream: inout RandomStream) -> Example {
    let (large, small, factor) = stream.choice([
      ("km", "m", 1000), ("kg", "g", 1000), ("m", "cm", 100), ("h", "min", 60), ("min", "s", 60),
      ("l", "ml", 1000),
    ])
    let value = stream.integer(2...999)
    return Example(
      instruction: stream.choice([
        "Convert \(value) \(large) to \(small).", "How many \(small) are \(value) \(large)?",
      ]),
      response: "\(value) \(large) = \(value * factor) \(small)")
  }

  static func colourExample(_ stream: inout RandomStream) -> Example {
    let (name, brightness) = stream.choice([
      ("red", [true, false, false]), ("green", [false, true, false]),
      ("blue", [false, false, true]), ("yellow", [true, true, false]),
      ("cyan", [false, true, true]), ("magenta", [true, false, true]),
    ])
    let channels = brightness.map { stream.integer($0 ? 216...255 : 0...31) }
    let code = "#" + channels.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    return Example(
      instruction: stream.choice(["What colour is \(code)?", "Name the colour \(code)."]),
      response: "\(name) (\(code))")
  }
}
