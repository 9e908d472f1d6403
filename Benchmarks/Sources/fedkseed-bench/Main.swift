internal import Foundation
internal import Kernels

/// Measures fedkseed for scripts/bench.
///
/// A request is one line of JSON on standard input, its measurement one line on standard output, until
/// the input ends. So one process keeps its model open, several such programs can take turns, and the
/// start of a process is in no figure.
@main
struct Main {
  static func main() throws {
    OpenBLAS.restartIfProcessorIsUnknown()
    let bench = Bench()
    while let line = readLine() {
      do {
        let request = try JSONDecoder().decode(Request.self, from: Data(line.utf8))
        try reply(bench.measure(request))
      } catch {
        try reply(Measurement(problem: "\(error)"))
      }
    }
  }

  private static func reply(_ measurement: Measurement) throws {
    try FileHandle.standardOutput.write(
      contentsOf: JSONEncoder().encode(measurement) + Data("\n".utf8))
  }
}
