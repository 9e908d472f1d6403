internal import Foundation

// Unicode's normal forms by Foundation, which is not asked where nothing can change, and not
// trusted with combining marks without end: it sorts them in quadratic time.

extension Normalizer.Step {
  private static let markLimit = 64

  /// Returns the normal form of a text that this step asks for.
  func normalForm(of text: [UInt8]) -> [UInt8] {
    guard text.contains(where: { $0 >= 0x80 }) else { return text }
    guard self == .nfc else { return normalForm(ofChanging: text) }
    return composed(text)
  }

  private func normalForm(ofChanging text: [UInt8]) -> [UInt8] {
    let text = hasManyMarks(text) ? withSortedMarks(text) : text
    let string = String(decoding: text, as: UTF8.self)
    return switch self {
    case .nfc: Array(string.precomposedStringWithCanonicalMapping.utf8)
    case .nfd: Array(string.decomposedStringWithCanonicalMapping.utf8)
    case .nfkc: Array(string.precomposedStringWithCompatibilityMapping.utf8)
    default: Array(string.decomposedStringWithCompatibilityMapping.utf8)
    }
  }

  /// Composes the parts of a text in which something may change: a character that may change or
  /// join the one before, those like it behind, and the one before.
  private func composed(_ text: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    // Where what has not been handed on begins, and its last character.
    var (waiting, last, changes) = (0, 0, false)
    var position = 0
    while position < text.count {
      if text[position] < 0x80 {
        if changes { flush(position) }
        (last, position) = (position, position + 1)
        continue
      }
      let (scalar, end) = text.scalar(at: position)
      if Self.isStable(scalar.value) {
        if changes { flush(position) }
        last = position
      } else if !changes {
        result += text[waiting..<last]
        (waiting, changes) = (last, true)
      }
      position = end
    }
    if changes { flush(text.count) } else { result += text[waiting...] }
    return result

    func flush(_ end: Int) {
      result += normalForm(ofChanging: Array(text[waiting..<end]))
      (waiting, changes) = (end, false)
    }
  }

  /// Whether a character is known to stay as it is, whatever stands before it.
  ///
  /// Many others do, too. Source: NFC_Quick_Check of Unicode's DerivedNormalizationProps.txt, which
  /// says yes to all of these.
  private static func isStable(_ value: UInt32) -> Bool {
    switch value {
    case 0..<0x300, 0x391...0x3a1, 0x3a3...0x3a9, 0x3b1...0x3c9, 0x400...0x482, 0x48a...0x52f,
      0x5d0...0x5ea, 0x620...0x64a, 0x904...0x939, 0xe01...0xe30, 0x2010...0x2027, 0x2030...0x205e,
      0x2190...0x2328, 0x2400...0x2adb, 0x3001...0x3020, 0x3041...0x3096, 0x30a1...0x30fa,
      0x3400...0x4dbf, 0x4e00...0x9fff, 0xac00...0xd7a3, 0xff01...0xff9d, 0x1f300...0x1faff:
      true
    default: false
    }
  }

  private func hasManyMarks(_ text: [UInt8]) -> Bool {
    guard text.count > Self.markLimit else { return false }
    var count = 0
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      count = combiningClass(scalar) == 0 ? 0 : count + 1
      if count > Self.markLimit { return true }
    }
    return false
  }

  private func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
    scalar.value < 0x300 ? 0 : scalar.properties.canonicalCombiningClass.rawValue
  }

  /// The text with each run of combining marks in canonical order, which is equivalent.
  private func withSortedMarks(_ text: [UInt8]) -> [UInt8] {
    var result = String.UnicodeScalarView()
    var marks: [Unicode.Scalar] = []
    func flush() {
      let sorted = marks.enumerated().sorted {
        (combiningClass($0.element), $0.offset) < (combiningClass($1.element), $1.offset)
      }
      result.append(contentsOf: sorted.map(\.element))
      marks = []
    }
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      if combiningClass(scalar) == 0 {
        flush()
        result.append(scalar)
      } else {
        marks.append(scalar)
      }
    }
    flush()
    return Array(String(result).utf8)
  }
}
