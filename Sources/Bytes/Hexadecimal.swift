/// Returns two lowercase digits for each byte.
package func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Returns the value of a hexadecimal digit of either case, or `nil` for any other byte.
package func hexadecimalValue(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// Returns the bytes of pairs of hexadecimal digits of either case, or `nil` if `text` is no such pairs.
package func hexadecimalBytes(_ text: some StringProtocol) -> [UInt8]? {
  let digits = text.utf8.compactMap(hexadecimalValue)
  guard digits.count == text.utf8.count, digits.count % 2 == 0 else { return nil }
  return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

/// Returns whether `text` is a SHA-256 as this program writes it: 64 lowercase hexadecimal digits.
package func isSHA256(_ text: some StringProtocol) -> Bool {
  text.utf8.count == 64
    && text.utf8.allSatisfy { hexadecimalValue($0) != nil && !(0x41...0x46).contains($0) }
}
