/// Porter's stemmer with the extensions of Python's NLTK, which `rouge_score` uses.
///
/// Source: Porter 1980, "An algorithm for suffix stripping"; `nltk.stem.porter`, its default mode
/// `NLTK_EXTENSIONS`.
package enum PorterStemmer {
  /// Returns the stem of a word in lower-case ASCII.
  package static func stem(of word: [UInt8]) -> [UInt8] {
    if let stem = irregular[word] { return stem }
    guard word.count > 2 else { return word }
    let steps = [
      removePlural, removeParticiple, replaceFinalY, simplifyDoubleSuffix, removeShortSuffix,
      removeLastSuffix, removeFinalE, removeDoubleL,
    ]
    return steps.reduce(Stem(letters: word)) { $1($0) }.letters
  }

  private static let irregular: [[UInt8]: [UInt8]] = {
    let words = [
      "skies": "sky", "sky": "sky", "dying": "die", "lying": "lie", "tying": "tie",
      "news": "news", "innings": "inning", "inning": "inning", "outings": "outing",
      "outing": "outing", "cannings": "canning", "canning": "canning", "howe": "howe",
      "proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
    ]
    return Dictionary(uniqueKeysWithValues: words.map { (Array($0.utf8), Array($1.utf8)) })
  }()

  /// Step 1a; *dies* → *die* is NLTK's.
  private static func removePlural(_ word: Stem) -> Stem {
    if word.letters.count == 4, let rest = word.removing("ies") { return rest + "ie" }
    return word.applying([
      SuffixRule("sses", "ss"), SuffixRule("ies", "i"), SuffixRule("ss", "ss"), SuffixRule("s", ""),
    ])
  }

  /// Step 1b; *died* → *die*, *spied* → *spi* are NLTK's.
  private static func removeParticiple(_ word: Stem) -> Stem {
    if let rest = word.removing("ied") { return rest + (rest.letters.count == 1 ? "ie" : "i") }
    if let rest = word.removing("eed") { return rest.measure > 0 ? rest + "ee" : word }
    for suffix in ["ed", "ing"] {
      if let rest = word.removing(suffix), rest.containsVowel { return mend(rest) }
    }
    return word
  }

  /// Makes a word of what is left before *-ed* or *-ing*: *hopp* → *hop*, *fil* → *file*.
  private static func mend(_ rest: Stem) -> Stem {
    for end in ["at", "bl", "iz"] where rest.removing(end) != nil { return rest + "e" }
    if rest.endsInDoubleConsonant {
      let staysDouble = ["l", "s", "z"].contains { rest.removing($0) != nil }
      return staysDouble ? rest : Stem(letters: rest.letters.dropLast())
    }
    return rest.measure == 1 && rest.endsInShortSyllable ? rest + "e" : rest
  }

  /// Step 1c in NLTK's form: *happy* → *happi*, but *enjoy* stays.
  private static func replaceFinalY(_ word: Stem) -> Stem {
    guard let rest = word.removing("y"), rest.letters.count > 1, rest.consonants.last == true
    else { return word }
    return rest + "i"
  }

  /// Step 2; the rules for *-bli*, *-fulli* and *-logi* are NLTK's.
  ///
  /// So is that *-alli* goes first: *traditionalli* → *traditional* → *tradition*.
  private static func simplifyDoubleSuffix(_ word: Stem) -> Stem {
    let word = word.applying([SuffixRule("alli", "al", measureAbove: 0)])
    // The l of *-logi* belongs to the stem, so that *geologi* becomes *geolog*.
    if word.removing("logi") != nil, let rest = word.removing("ogi") {
      return rest.measure > 0 ? rest + "og" : word
    }
    return word.applying(doubleSuffixes)
  }

  private static let doubleSuffixes = [
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("bli", "ble"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
    ("fulli", "ful"),
  ].map { SuffixRule($0, $1, measureAbove: 0) }

  /// Step 3.
  private static func removeShortSuffix(_ word: Stem) -> Stem { word.applying(shortSuffixes) }

  private static let shortSuffixes = [
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
  ].map { SuffixRule($0, $1, measureAbove: 0) }

  /// Step 4.
  private static func removeLastSuffix(_ word: Stem) -> Stem {
    if let rest = word.removing("ion") {
      let isLoose = rest.removing("s") != nil || rest.removing("t") != nil
      return rest.measure > 1 && isLoose ? rest : word
    }
    return word.applying(lastSuffixes)
  }

  private static let lastSuffixes = [
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism",
    "ate", "iti", "ous", "ive", "ize",
  ].map { SuffixRule($0, "", measureAbove: 1) }

  /// Step 5a.
  private static func removeFinalE(_ word: Stem) -> Stem {
    guard let rest = word.removing("e") else { return word }
    return rest.measure > 1 || rest.measure == 1 && !rest.endsInShortSyllable ? rest : word
  }

  /// Step 5b.
  private static func removeDoubleL(_ word: Stem) -> Stem {
    guard word.removing("ll") != nil, let rest = word.removing("l"), rest.measure > 1
    else { return word }
    return rest
  }
}
