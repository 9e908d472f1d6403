import LanguageModels
import Testing

@Suite("Sessions of decoding")
struct DecoderTests {
  private let checked: CheckedModel

  init() throws { checked = try CheckedModel.tiny() }

  private var prompts: [[Int32]] {
    [3, 70, 1, 12, 129].map { checked.tokens($0, seed: UInt64($0)) }
  }

  private func alone(
    _ prompt: [Int32], limit: Int, end: Set<Int32> = [], sampler: Sampler = .greedy
  ) throws -> [Int32] {
    try checked.model.generate(
      prompts: [prompt], limit: limit, endTokens: end, sampler: sampler, weights: checked.weights)[
        0]
  }

  @Test("sequences that come and go are continued as alone, each by its own rules")
  func comeAndGo() throws {
    var decoder = Decoder(checked.model, weights: checked.weights)
    let nucleus = Sampler.nucleus(temperature: 1, topP: 0.9, seed: 3)
    let end = try alone(prompts[3], limit: 9)[4]
    let expected = [
      try alone(prompts[0], limit: 20), try alone(prompts[1], limit: 4),
      try alone(prompts[2], limit: 12, sampler: nucleus),
      try alone(prompts[3], limit: 9, end: [end]), Array(try alone(prompts[4], limit: 30)[..<5]),
    ]
    var found = prompts.map { _ in [Int32]() }
    for round in 0..<20 {
      // The second and later ones take over caches that others have left.
      switch round {
      case 0: try decoder.add(prompts[0], limit: 20)
      case 2: try decoder.add(prompts[1], limit: 4)
      case 7: try decoder.add(prompts[2], limit: 12, sampler: nucleus)
      case 8:
        try decoder.add(prompts[3], limit: 9, endTokens: [end])
        try decoder.add(prompts[4], limit: 30)
      case 13: decoder.remove(4)
      default: break
      }
      for output in decoder.step() {
        if let token = output.token { found[output.sequence].append(token) }
      }
    }
    let isEmpty = decoder.isEmpty
    #expect(found == expected && isEmpty)
  }

  @Test("a sequence is told complete once, by its end token or its limit, and is gone then")
  func ends() throws {
    let free = try alone(prompts[0], limit: 6)
    let place = try #require(free.indices.first { !free[..<$0].contains(free[$0]) && $0 > 0 })
    var decoder = Decoder(checked.model, weights: checked.weights)
    try decoder.add(prompts[0], limit: 6, endTokens: [free[place]])
    for index in 0...place {
      let outputs = decoder.step()
      let token = index < place ? free[index] : nil
      #expect(outputs == [.init(sequence: 0, token: token, isLast: token == nil)])
    }
    let (rest, isEmpty) = (decoder.step(), decoder.isEmpty)
    #expect(isEmpty && rest == [])
    let second = try decoder.add(prompts[0], limit: 1)
    #expect(second == 1)
    let outputs = decoder.step()
    #expect(outputs == [.init(sequence: 1, token: free[0], isLast: true)])
    decoder.remove(1)
    decoder.remove(7)
    let third = try decoder.add(prompts[0], limit: 0)
    let isStillEmpty = decoder.isEmpty
    #expect(third == 2 && isStillEmpty)
  }

  @Test("a sequence that no pass can take is refused, and the others go on")
  func refusals() throws {
    var decoder = Decoder(checked.model, weights: checked.weights)
    try decoder.add(prompts[0], limit: 3)
    let wrong: [([Int32], Int, ModelError)] = [
      ([], 1, .emptySequence), ([384], 1, .tokenOutOfRange(384, vocabularySize: 384)),
      ([1, 2], 255, .contextExceeded(length: 257, contextLength: 256)),
    ]
    for (prompt, limit, expected) in wrong {
      do throws(ModelError) {
        try decoder.add(prompt, limit: limit)
        Issue.record("\(prompt.count) tokens and \(limit) more are taken")
      } catch { #expect(error == expected) }
    }
    let tokens = (0..<3).flatMap { _ in decoder.step().map(\.token) }
    #expect(tokens == (try alone(prompts[0], limit: 3)).map(Optional.some))
  }
}
