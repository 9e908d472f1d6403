/// Returns a name from a file in quotes, at most 80 characters of it, safe to print on a terminal.
package func quoted(_ name: some StringProtocol) -> String {
  name.count > 80 ? String(name.prefix(80)).debugDescription + "…" : String(name).debugDescription
}
