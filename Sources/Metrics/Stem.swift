/// A word, or the front of one, and what Porter's rules ask about it.
struct Stem {
  /// Lower-case ASCII.
  let letters: [UInt8]

  /// For each letter whether it is a consonant: no vowel, and no y behind a consonant.
  var consonants: [Bool] {
    letters.reduce(into: []) { consonants, letter in
      switch letter {
      case UInt8(ascii: "a"), UInt8(ascii: "e"), UInt8(ascii: "i"), UInt8(ascii: "o"),
        UInt8(ascii: "u"):
        consonants.append(false)
      case UInt8(ascii: "y"): consonants.append(consonants.last != true)
      default: consonants.append(true)
      }
    }
  }

  /// Porter's m: how often a consonant follows a vowel.
  var measure: Int {
    let consonants = consonants
    return zip(consonants, consonants.dropFirst()).count { !$0 && $1 }
  }

  var containsVowel: Bool { consonants.contains(false) }

  /// Porter's *d.
  var endsInDoubleConsonant: Bool {
    letters.count >= 2 && letters.last == letters.dropLast().last && consonants.last == true
  }

  /// Porter's *o: consonant, vowel, consonant other than w, x, y; in NLTK also a word *vc*.
  var endsInShortSyllable: Bool {
    let end = consonants.suffix(3)
    if end.elementsEqual([true, false, true]) {
      return !["w", "x", "y"].contains { removing($0) != nil }
    }
    return end.elementsEqual([false, true])
  }

  /// Returns what stands before `suffix`, or `nil` if the word does not end so.
  func removing(_ suffix: String) -> Stem? {
    guard letters.reversed().starts(with: suffix.utf8.reversed()) else { return nil }
    return Stem(letters: letters.dropLast(suffix.utf8.count))
  }

  /// Returns the word after the first rule whose suffix it has.
  ///
  /// If the rest does not meet that rule's condition, no other rule is tried.
  func applying(_ rules: [SuffixRule]) -> Stem {
    for rule in rules {
      guard let rest = removing(rule.suffix) else { continue }
      return rule.measureAbove.map { rest.measure > $0 } ?? true ? rest + rule.replacement : self
    }
    return self
  }

  static func + (stem: Stem, end: String) -> Stem { Stem(letters: stem.letters + end.utf8) }
}

/// A suffix, what replaces it, and the measure that the rest of the word must exceed.
struct SuffixRule {
  let suffix: String
  let replacement: String
  let measureAbove: Int?

  init(_ suffix: String, _ replacement: String, measureAbove: Int? = nil) {
    self.suffix = suffix
    self.replacement = replacement
    self.measureAbove = measureAbove
  }
}
