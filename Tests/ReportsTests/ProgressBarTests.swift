import Reports
import Synchronization
import Testing

@Suite("Progress bar")
struct ProgressBarTests {
  /// A terminal with a clock set by hand, which keeps everything written to it.
  private final class FakeTerminal: Sendable {
    private let written = Mutex<[String]>([])
    private let time = Mutex(Duration.zero)
    let columns: Int
    let isInteractive: Bool

    init(columns: Int = 80, isInteractive: Bool = true) {
      self.columns = columns
      self.isInteractive = isInteractive
    }

    var output: [String] { written.withLock { $0 } }

    func pass(_ duration: Duration) { time.withLock { $0 += duration } }

    var terminal: ProgressTerminal {
      ProgressTerminal(
        isInteractive: isInteractive, columns: { self.columns },
        now: { self.time.withLock { $0 } },
        write: { text in self.written.withLock { $0.append(text) } })
    }

    /// What the last picture shows, without the control characters around it.
    var line: String? {
      output.last.map { $0.filter { $0 != "\r" }.replacing("\u{1B}[K", with: "") }
    }
  }

  private func bar(_ fake: FakeTerminal, total: Int = 200) -> ProgressBar {
    ProgressBar("tuning", total: total, unit: "steps", terminal: fake.terminal)
  }

  @Test("it shows the share, the count, the rate and the time left")
  func picture() {
    let fake = FakeTerminal()
    let bar = bar(fake)
    fake.pass(.seconds(25))
    bar.advance(by: 50)
    #expect(
      fake.line == "tuning [========>                        ]  25%  50/200 steps  2.0/s  1:15 left"
    )
  }

  @Test("it says nothing of rate and time before the first unit is done")
  func firstPicture() {
    let fake = FakeTerminal(columns: 60)
    withExtendedLifetime(bar(fake)) {
      #expect(fake.line == "tuning [\(String(repeating: " ", count: 33))]  0%  0/200 steps")
    }
  }

  @Test("it is never wider than the terminal and leaves the last column free", arguments: 1...120)
  func narrowTerminals(columns: Int) throws {
    let fake = FakeTerminal(columns: columns)
    let bar = bar(fake)
    fake.pass(.seconds(3))
    bar.advance(by: 7)
    #expect(try #require(fake.line).count <= columns - 1)
  }

  @Test("it is drawn at most ten times a second")
  func drawingIsLimited() {
    let fake = FakeTerminal()
    let bar = bar(fake, total: 10_000)
    for _ in 0..<10_000 {
      fake.pass(.microseconds(100))
      bar.advance()
    }
    #expect(fake.output.count == 11)
  }

  @Test("it clears itself at the end, once, and then is silent")
  func clearsItself() {
    let fake = FakeTerminal()
    let bar = bar(fake)
    bar.finish()
    bar.finish()
    fake.pass(.seconds(1))
    bar.advance()
    #expect(fake.output.count == 2)
    #expect(fake.output.last == "\r\u{1B}[K")
  }

  @Test("it clears itself when its owner goes, as after an error")
  func clearsItselfWhenReleased() {
    let fake = FakeTerminal()
    _ = bar(fake)
    #expect(fake.output.last == "\r\u{1B}[K")
  }

  @Test("a line of text goes above it")
  func logsAbove() {
    let fake = FakeTerminal()
    let bar = bar(fake)
    bar.log("round 1")
    #expect(fake.output[1] == "\r\u{1B}[Kround 1\n")
    #expect(fake.output[2].hasPrefix("\rtuning ["))
  }

  @Test("a run that goes on counts from where it was, at the rate of now")
  func continued() {
    let fake = FakeTerminal()
    let bar = ProgressBar("tuning", done: 150, total: 200, unit: "steps", terminal: fake.terminal)
    #expect(fake.line?.hasSuffix("75%  150/200 steps") == true)
    fake.pass(.seconds(25))
    bar.advance(by: 25)
    #expect(fake.line?.hasSuffix("87%  175/200 steps  1.0/s  0:25 left") == true)
  }

  @Test("a note stands at its end, where there is room", arguments: [(90, true), (45, false)])
  func note(columns: Int, isShown: Bool) {
    let fake = FakeTerminal(columns: columns)
    let bar = bar(fake)
    fake.pass(.seconds(1))
    bar.advance(note: "loss 1.5")
    #expect(fake.line?.hasSuffix("left  loss 1.5") == isShown)
  }

  @Test("while something else is done it is not there")
  func pause() {
    let fake = FakeTerminal()
    let bar = bar(fake)
    bar.pause()
    #expect(fake.output.last == "\r\u{1B}[K")
    fake.pass(.seconds(1))
    bar.advance()
    bar.log("measured")
    #expect(fake.output.last == "measured\n")
    bar.resume()
    #expect(fake.line?.contains("1/200 steps") == true)
  }

  @Test("where no person watches it is silent, but for lines of text")
  func quietInPipes() {
    let fake = FakeTerminal(isInteractive: false)
    let bar = bar(fake)
    fake.pass(.seconds(1))
    bar.advance()
    bar.log("round 1")
    bar.finish()
    #expect(fake.output == ["round 1\n"])
  }

  @Test("more units than the total do not overflow it", arguments: [0, 3])
  func tooManyUnits(total: Int) {
    let fake = FakeTerminal()
    let bar = bar(fake, total: total)
    fake.pass(.seconds(1))
    bar.advance(by: 5)
    #expect((fake.line?.contains("100%  3/3 steps") ?? false) == (total == 3))
  }

  @Test("slow units are counted by the minute, long times by the hour")
  func slowUnits() throws {
    let fake = FakeTerminal()
    let bar = bar(fake)
    fake.pass(.seconds(60))
    bar.advance(by: 1)
    #expect(try #require(fake.line).hasSuffix("1/200 steps  1.0/min  3:19:00 left"))
  }
}
