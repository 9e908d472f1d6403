internal import ArgumentParser
internal import Federation

/// How FedKSeed-Pro chooses directions; the defaults are the reference's.
struct SignificanceOptions: ParsableArguments {
  @Option(help: "In fedkseed-pro, the largest magnitude that a scalar counts with.")
  var proClip = SignificanceRule().clip

  @Option(help: "In fedkseed-pro, whether a zero is averaged into the history of each direction.")
  var proLeadingZero = SignificanceRule().hasLeadingZero

  @Option(help: "In fedkseed-pro, whether updates make up for unequal probabilities.")
  var proUnbiased = SignificanceRule().isUnbiased

  var settings: [Setting] {
    [
      Setting("pro-clip", proClip), Setting("pro-leading-zero", proLeadingZero),
      Setting("pro-unbiased", proUnbiased),
    ]
  }

  var rule: SignificanceRule {
    var rule = SignificanceRule()
    rule.clip = proClip
    rule.hasLeadingZero = proLeadingZero
    rule.isUnbiased = proUnbiased
    return rule
  }
}
