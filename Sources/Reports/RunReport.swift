public import Foundation

/// What one tuning run was, what it cost and what it changed.
///
/// Numbers and strings only, so a run can be reported by anything that can measure it. Encode the
/// value to keep it; ``html()`` shows it to a person.
///
///     var report = RunReport(title: "FedKSeed on SmolLM2-135M")
///     report.summary = "Held-out loss fell from 3.41 to 1.02 nats in 10 rounds."
///     report.settings = [Fact("rounds", "10"), Fact("clients", "8")]
///     report.measurements = rounds
///     try report.html().write(to: file, atomically: true, encoding: .utf8)
public struct RunReport: Codable, Equatable, Sendable {
  /// The heading of the page.
  public var title: String

  /// The result in a sentence or two.
  public var summary = ""

  /// The command that repeats the run.
  public var commandLine = ""

  /// Other commands that are of use now, each with what it makes.
  public var commands: [Fact] = []

  /// What was done, in the few facts that name it: method, learning rate, batch, examples, version.
  public var overview: [Fact] = []

  /// When the report was made.
  public var date: Date?

  /// The handful of numbers to remember, in order of importance.
  public var figures: [Figure] = []

  /// What one measurement stands for, in the singular: `round` or `step`.
  public var period = "round"

  /// One measurement per period, in ascending order.
  public var measurements: [Measurement] = []

  /// The clients, in the order of their numbers.
  public var clients: [Client] = []

  /// The candidate directions and what the run found along them, in the order of their numbers.
  public var seeds: [SeedUse] = []

  /// Answers to held-out instructions before and after tuning.
  public var samples: [Sample] = []

  /// What went wrong, a sentence each.
  public var warnings: [String] = []

  /// The measurement with the lowest held-out loss, the untuned model's among them.
  public var best: Best?

  /// How far the run has come while it goes on; `nil` if it is finished.
  public var progress: Progress?

  /// The period at which the run left its way, if it did.
  public var divergedAt: Int?

  /// Every setting of the run, in the order to show them; those that are as usual are folded.
  public var settings: [Fact] = []

  /// The base model: file, architecture, parameters, hash.
  public var model: [Fact] = []

  /// The machine: processor, instruction set, threads, libraries.
  public var machine: [Fact] = []

  /// Makes a report with nothing but a heading.
  public init(title: String) {
    self.title = title
  }
}

/// The measurement with the lowest held-out loss.
public struct Best: Codable, Equatable, Sendable {
  /// The number of rounds or steps done.
  public var period: Int

  /// The held-out loss then, in nats.
  public var heldOutLoss: Double

  /// Makes it.
  public init(period: Int, heldOutLoss: Double) {
    (self.period, self.heldOutLoss) = (period, heldOutLoss)
  }
}

/// How far a run has come.
public struct Progress: Codable, Equatable, Sendable {
  /// The number of rounds or steps done.
  public var done: Int

  /// The number of those of the whole run.
  public var length: Int

  /// Makes a position.
  public init(done: Int, length: Int) { (self.done, self.length) = (done, length) }
}

/// A name and its value, both as text.
public struct Fact: Codable, Equatable, Sendable {
  /// What is stated.
  public var name: String

  /// Its value, with a unit where it has one.
  public var value: String

  /// Whether the value is the one that stands if nothing is said.
  public var isUsual = false

  /// Makes a fact.
  public init(_ name: String, _ value: String, isUsual: Bool = false) {
    self.name = name
    self.value = value
    self.isUsual = isUsual
  }
}

/// A number large enough to be read from across a room, with a line of explanation.
public struct Figure: Codable, Equatable, Sendable {
  /// What the number is.
  public var label: String

  /// The number with its unit, or two of them with an arrow between.
  public var value: String

  /// What to compare it with; may be empty.
  public var note: String

  /// Makes a figure.
  public init(_ label: String, _ value: String, note: String = "") {
    self.label = label
    self.value = value
    self.note = note
  }
}

/// What was measured in one round or step.
///
/// What was not measured is `nil`, and a curve without any point is not drawn.
public struct Measurement: Codable, Equatable, Sendable {
  /// The number of rounds or steps done; 0 is the state before the first.
  public var period: Int

  /// The mean loss of the held-out examples, in nats.
  public var heldOutLoss: Double?

  /// The number of examples it was measured on, if not on all that are held out.
  public var heldOutExamples: Int?

  /// The mean loss of the training batches, in nats.
  public var trainingLoss: Double?

  /// Other measures of the held-out examples by name, such as an accuracy.
  public var metrics: [String: Double] = [:]

  /// The mean training loss of each client that took part, in nats.
  public var clientLosses: [ClientLoss] = []

  /// The bytes all clients sent to the server.
  public var bytesUp: Int?

  /// The bytes the server sent to all clients.
  public var bytesDown: Int?

  /// The wall-clock time, in seconds.
  public var seconds: Double?

  /// The largest private memory seen, in bytes.
  public var privateBytes: Int?

  /// The largest part of mapped files seen resident, in bytes.
  public var mappedBytes: Int?

  /// Makes a measurement in which nothing was measured yet.
  public init(period: Int) {
    self.period = period
  }
}

/// The loss of one client in one round.
public struct ClientLoss: Codable, Equatable, Sendable {
  /// The client's name, as in the table of clients.
  public var client: String

  /// Its mean training loss, in nats.
  public var loss: Double

  /// Makes a client's loss.
  public init(client: String, loss: Double) {
    self.client = client
    self.loss = loss
  }
}

/// One client of a federation: what it holds, sent and gained.
public struct Client: Codable, Equatable, Sendable {
  /// The client's name or number.
  public var name: String

  /// The number of its training examples in each category.
  public var categories: [String: Int] = [:]

  /// The number of its training examples.
  public var examples = 0

  /// The bytes it sent to the server in the whole run.
  public var bytesUp = 0

  /// The bytes it received from the server in the whole run.
  public var bytesDown = 0

  /// The number of rounds it took part in.
  public var rounds = 0

  /// Its mean training loss in the first and in the last of these rounds, in nats.
  public var firstLoss, lastLoss: Double?

  /// Makes a client that holds nothing yet.
  public init(name: String) {
    self.name = name
  }
}

/// An instruction with what the model should say, said before and says after tuning.
public struct Sample: Codable, Equatable, Sendable {
  /// What the model was asked.
  public var instruction: String

  /// The answer of the data set.
  public var expected: String

  /// The base model's answer.
  public var before: String

  /// The tuned model's answer.
  public var after: String

  /// Makes a sample.
  public init(instruction: String, expected: String, before: String, after: String) {
    self.instruction = instruction
    self.expected = expected
    self.before = before
    self.after = after
  }

  /// Whether an answer is the expected one, but for spaces and line breaks at its ends.
  package func isRight(_ answer: String) -> Bool {
    // Byte by byte: characters of many combining marks take quadratic time.
    answer.trimmingCharacters(in: .whitespacesAndNewlines).utf8
      .elementsEqual(expected.trimmingCharacters(in: .whitespacesAndNewlines).utf8)
  }
}
