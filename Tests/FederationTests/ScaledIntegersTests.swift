import CounterRandom
import Federation
import Testing

@Suite("Numbers in 16 bits")
struct ScaledIntegersTests {
  /// Numbers of both signs, the largest of magnitude `size`.
  static func values(_ size: Double, count: Int = 100, seed: UInt64 = 1) -> [Double] {
    var stream = RandomStream(seed: seed, tag: .syntheticData)
    return [size] + (1..<count).map { _ in (2 * stream.uniform() - 1) * size }
  }

  static let sizes = [1, 32_767, 32_768, 1e-30, 0x1p-140, 3.4e38, 1.0 / 3, 16_383.7]

  @Test(
    "each is off by at most half a scale, and the largest has at least 16,384 of them",
    arguments: sizes)
  func nearest(size: Double) {
    let values = Self.values(size)
    let numbers = ScaledIntegers(nearest: values)
    let scale = Double(numbers.scale)
    #expect(numbers.scale.significand == 1)
    #expect(scale <= max(size / 16_383.5, 0x1p-149))
    for (value, number) in zip(values, numbers.values) {
      // At the end of Float's range the largest integer is the nearest there is.
      let tolerance: Double = size > 3e38 ? scale : scale / 2
      #expect(abs(value - Double(number)) <= tolerance)
    }
    let again = ScaledIntegers(nearest: numbers.values.map(Double.init))
    #expect(again == numbers, "what was rounded once is changed by rounding it again")
  }

  @Test("zeros stay zeros")
  func zeros() {
    let numbers = ScaledIntegers(nearest: [0, -0.0, 0])
    #expect(numbers.integers == [0, 0, 0] && numbers.values == [0, 0, 0])
  }

  @Test("rounding at random goes to a neighbour, repeats, and has the number as its mean")
  func stochastic() {
    let values = Self.values(0.9, count: 20)
    var sums = [Double](repeating: 0, count: values.count)
    let trials = 4000
    var scale = 0.0
    for trial in 0..<trials {
      var streams = [0, 0].map { _ in
        RandomStream(seed: 5, tag: .updateRounding, a: 3, b: UInt32(trial))
      }
      let numbers = ScaledIntegers(stochastic: values, stream: &streams[0])
      #expect(numbers == ScaledIntegers(stochastic: values, stream: &streams[1]))
      #expect(streams[0].position == 20)
      scale = Double(numbers.scale)
      for (place, number) in numbers.values.enumerated() {
        #expect(abs(Double(number) - values[place]) < scale)
        sums[place] += Double(number)
      }
    }
    for (sum, value) in zip(sums, values) {
      // The standard deviation of the mean is at most half a scale over √4000; six of them.
      let tolerance: Double = 6 * scale / 2 / Double(trials).squareRoot()
      #expect(abs(sum / Double(trials) - value) < tolerance)
    }
  }

  @Test(
    "a largest number that is rounded down takes the smaller scale: there is one way to write it")
  func oneWay() {
    // 16,383.7 is more than half of 32,767, and 16,383 is not.
    var seen: Set<Float> = []
    for trial in 0..<50 as Range<UInt32> {
      var stream = RandomStream(seed: 1, tag: .updateRounding, b: trial)
      let numbers = ScaledIntegers(stochastic: [16_383.7, 1], stream: &stream)
      #expect(numbers == ScaledIntegers(nearest: numbers.values.map(Double.init)))
      seen.insert(numbers.values[0])
    }
    #expect(seen == [16_383, 16_384])
  }
}
