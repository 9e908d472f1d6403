internal import ArgumentParser
internal import Federation
internal import Settings

/// How FedKSeed-Pro chooses directions; the defaults are the reference's.
struct SignificanceOptions: ParsableArguments {
  @Option(
    name: .setting(.significanceClip),
    help: "In fedkseed-pro, the largest magnitude that a scalar counts with.")
  var proClip = SignificanceRule().clip

  @Option(
    name: .setting(.hasLeadingZero),
    help: "In fedkseed-pro, whether a zero is averaged into the history of each direction.",
    transform: Truth.parse)
  var proLeadingZero = SignificanceRule().hasLeadingZero

  @Option(
    name: .setting(.isUnbiased),
    help: "In fedkseed-pro, whether updates make up for unequal probabilities.",
    transform: Truth.parse)
  var proUnbiased = SignificanceRule().isUnbiased

  /// The rule that these options make.
  var rule: SignificanceRule {
    var rule = SignificanceRule()
    rule.clip = proClip
    rule.hasLeadingZero = proLeadingZero
    rule.isUnbiased = proUnbiased
    return rule
  }
}
