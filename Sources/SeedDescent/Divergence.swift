/// The losses of single examples before the first step: what the losses of a run are compared with.
public struct LossReference: Codable, Equatable, Sendable {
  /// Their mean, in nats.
  public let mean: Double
  /// The standard deviation of a single example, in nats.
  public let deviation: Double
  /// The number of examples; at least 1.
  public let count: Int

  /// Sums up the losses of at least one example, in nats.
  public init(_ losses: [Double]) {
    precondition(!losses.isEmpty, "no losses")
    let mean = losses.reduce(0, +) / Double(losses.count)
    let squares = losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    // Of a few examples the deviation is hardly known: half the mean counts as much as two of them.
    let prior = 2 * (mean / 2) * (mean / 2)
    self.mean = mean
    deviation = ((squares + prior) / Double(losses.count + 1)).squareRoot()
    count = losses.count
  }

  private init(mean: Double, of other: LossReference) {
    self.mean = mean
    (deviation, count) = (other.deviation, other.count)
  }

  /// Returns the same with a mean of at least `mean`; for examples that are harder than others.
  package func raised(to mean: Double) -> LossReference {
    LossReference(mean: mean > self.mean ? mean : self.mean, of: self)
  }

  /// The standard deviation of the difference between ``mean`` and the loss of a batch, in nats.
  func deviation(ofBatch size: Int) -> Double {
    deviation * (1 / Double(size) + 1 / Double(count)).squareRoot()
  }
}

/// That a run has become much worse than it was.
///
/// One steep batch can throw the weights to where losses are higher and steeper; scalars, and so steps,
/// are then larger too, and the run climbs on. It seldom comes back.
public struct Divergence: Codable, Equatable, Sendable {
  /// The number of steps, or rounds, after which it was seen.
  public let position: Int
  /// The number of steps, or rounds, before the losses rose: the model of that time was still good.
  public let lastGood: Int
  /// The mean loss since then, in nats; infinite if none was finite.
  public let loss: Double
  /// What it is compared with: the loss without any step, in nats.
  public let reference: Double

  /// Creates the finding.
  package init(position: Int, lastGood: Int, loss: Double, reference: Double) {
    self.position = position
    self.lastGood = lastGood
    self.loss = loss
    self.reference = reference
  }
}

/// Sees while a run goes on that its losses rise and stay high, and takes single steep batches for what
/// they are.
///
/// A one-sided cumulative sum. With σ the deviation of a batch's loss from the reference μ, and L the lowest
/// level so far, the mean of ten consecutive steps or μ,
///
///     limit_t = L + (μ − L) / 2 + max(1.5 σ, μ / 10)
///     S_t = max(0, S_{t−1} + min(4, (loss_t − limit_t) / σ)),     seen where S_t > 10
///
/// So at least three steps are needed, however steep they are, and a run is compared with the best that it
/// was: it diverges where more than half of what it had gained is lost. Of normal noise around μ, S exceeds 10
/// about once in e^(2 · 1.5 · 10) = 10^13 steps; the bound of 4 keeps that rare where noise has heavy tails.
///
/// Source: the cumulative sum is E. S. Page's (Continuous inspection schemes, Biometrika 41, 1954), of whose limit
/// this is the half-way rule; 1.5, 4 and 10 are set by runs, see Documentation/Method.md.
public struct DivergenceDetector: Sendable {
  private static let (allowance, cap, threshold) = (1.5, 4.0, 10.0)
  private static let blockLength = 10

  private let reference: LossReference
  private let deviation: Double
  private var level: Double
  private var block: [Double] = []
  private var position = 0
  private var sum = 0.0
  private var rising: [Double] = []

  /// Creates a detector before the first step.
  ///
  /// - Parameter batch: The number of examples whose mean each loss is.
  public init(reference: LossReference, batch: Int) {
    self.reference = reference
    deviation = max(reference.deviation(ofBatch: batch), .leastNormalMagnitude)
    level = reference.mean
  }

  /// Takes the loss of the next step, in nats, finite or not.
  ///
  /// - Returns: What has been found, if it is found at this step.
  public mutating func observe(_ loss: Double) -> Divergence? {
    let excess = loss.isFinite ? min(Self.cap, (loss - limit) / deviation) : Self.cap
    position += 1
    sum = max(0, sum + excess)
    if sum > 0 { rising.append(loss) } else { rising = [] }
    learn(loss)
    guard sum > Self.threshold else { return nil }
    defer { (sum, rising) = (0, []) }
    return Divergence(
      position: position, lastGood: position - rising.count, loss: mean(rising),
      reference: reference.mean)
  }

  private var limit: Double {
    level + (reference.mean - level) / 2 + max(Self.allowance * deviation, reference.mean / 10)
  }

  private mutating func learn(_ loss: Double) {
    guard loss.isFinite else { return }
    block.append(loss)
    guard block.count == Self.blockLength else { return }
    level = min(level, mean(block))
    block = []
  }

  private func mean(_ losses: [Double]) -> Double {
    let finite = losses.filter(\.isFinite)
    return finite.isEmpty ? .infinity : finite.reduce(0, +) / Double(finite.count)
  }
}
