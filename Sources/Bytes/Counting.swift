/// Returns a number of things in words: `counted(1, "round")` is "1 round", `counted(2, "round")` is
/// "2 rounds".
///
/// - Parameter noun: What there is one of; its plural ends in an s.
package func counted(_ count: Int, _ noun: String) -> String {
  count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}
