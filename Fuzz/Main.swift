// Coverage-guided fuzzing of every reader of what strangers write: `scripts/fuzz`.
//
//     fedkseed-fuzz TARGET [libFuzzer's options] [folders of inputs]

import Foundation

/// What libFuzzer calls with each input; set once, before it starts.
nonisolated(unsafe) private var run: (FuzzInput) throws -> Void = { _ in }

// libFuzzer's entry for programs that have a `main` of their own.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ argumentCount: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

@main
private enum Main {
  static func main() throws {
    let words = CommandLine.arguments
    guard words.count > 1, let target = FuzzTarget.all.first(where: { $0.name == words[1] }) else {
      print(FuzzTarget.all.map(\.name).joined(separator: "\n"))
      exit(words.count > 1 && words[1] == "--list" ? 0 : 2)
    }
    // SAFETY: nothing else runs yet.
    unsafe run = try target.prepare()
    exit(fuzz([words[0]] + words.dropFirst(2)))
  }

  private static func fuzz(_ words: [String]) -> CInt {
    var count = CInt(words.count)
    // SAFETY: libFuzzer may move the words; they and their table live until the program exits.
    let table = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
      capacity: words.count + 1)
    for (place, word) in words.enumerated() { unsafe table[place] = strdup(word) }
    unsafe table[words.count] = nil
    var arguments = unsafe table
    return unsafe runDriver(&count, &arguments) { bytes, count in
      // SAFETY: libFuzzer gives as many bytes as it says; they are copied.
      let input = unsafe FuzzInput([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
      // A refusal is what a reader owes to most inputs.
      try? unsafe run(input)
      return 0
    }
  }
}
