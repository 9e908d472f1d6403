// What Python's `str` and `re` take for spaces, words and lower case. The metrics' originals are
// written in Python, so their scores depend on it.

/// The numbers of words: equal ones, scalar for scalar, have equal numbers.
///
/// Swift's strings are equal if they look equal, Python's are not: `é` has two spellings.
struct WordNumbers {
  private var numbers: [[UInt8]: Int] = [:]

  /// Returns the number of each word, given in UTF-8.
  mutating func of(_ words: [[UInt8]]) -> [Int] {
    words.map { word in
      if let number = numbers[word] { return number }
      numbers[word] = numbers.count
      return numbers.count - 1
    }
  }
}

extension Collection<Unicode.Scalar> {
  /// The scalars in UTF-8.
  var utf8: [UInt8] { flatMap { UTF8.encode($0).map(Array.init) ?? [] } }

  /// The runs between spaces, as `str.split()` makes them.
  var words: [SubSequence] { split(whereSeparator: \.isPythonSpace) }
}

extension String {
  /// The text in lower case, as `str.lower()` makes it.
  ///
  /// Scalar by scalar, but for the Greek sigma, which has another form at the end of a word.
  var pythonLowercased: [Unicode.Scalar] {
    let scalars = Array(unicodeScalars)
    return scalars.indices.flatMap { index -> [Unicode.Scalar] in
      if scalars[index] == "Σ" { return [isFinalSigma(index, in: scalars) ? "ς" : "σ"] }
      return Array(scalars[index].properties.lowercaseMapping.unicodeScalars)
    }
  }
}

/// Whether a sigma ends a word: cased letters stand before it and not behind it.
///
/// Source: The Unicode Standard, section 3.13, condition `Final_Sigma`.
private func isFinalSigma(_ index: Int, in scalars: [Unicode.Scalar]) -> Bool {
  func isCased(_ scalar: Unicode.Scalar?) -> Bool { scalar?.properties.isCased ?? false }
  let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
  let behind = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
  return isCased(before) && !isCased(behind)
}

extension Unicode.Scalar {
  /// Whether `str.isspace()` holds: Unicode's white space and four control characters.
  var isPythonSpace: Bool { properties.isWhitespace || ("\u{1C}"..."\u{1F}").contains(self) }

  /// Whether `\w` matches.
  var isPythonWord: Bool {
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: self == "_" || properties.numericType != nil
    }
  }
}
