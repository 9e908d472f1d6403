// Scores compared with those of the Python originals; Golden/make_golden.py wrote them.

import Datasets
import Foundation
import Metrics
import TestSupport
import Testing

@Suite("Metrics against their Python originals")
struct GoldenTests {
  /// A text of the golden file, or the place of one in a public data set.
  enum Text: Decodable {
    case itself(String)
    case place(file: Int, index: Int, field: String)

    init(from decoder: any Decoder) throws {
      if let text = try? decoder.singleValueContainer().decode(String.self) {
        self = .itself(text)
      } else {
        var list = try decoder.unkeyedContainer()
        self = .place(
          file: try list.decode(Int.self), index: try list.decode(Int.self),
          field: try list.decode(String.self))
      }
    }
  }

  /// Two texts and their scores, in the order of the golden file's metrics.
  struct Pair: Decodable {
    let answer: Text
    let reference: Text
    var scores: [Double] = []

    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      answer = try list.decode(Text.self)
      reference = try list.decode(Text.self)
      while !list.isAtEnd { scores.append(try list.decode(Double.self)) }
    }
  }

  struct Golden: Decodable {
    let metrics: [TextMetric]
    let files: [String]
    let madeUp: [Pair]
    let real: [Pair]
    /// Words and their stems by turns.
    let stems: [String]

    enum CodingKeys: String, CodingKey {
      case metrics, files, real, stems
      case madeUp = "made-up"
    }
  }

  static let golden = Result<Golden, any Error> {
    let url = URL(filePath: #filePath).deletingLastPathComponent()
    return try RealInputs.json(url.appending(path: "Golden/golden.json").path, as: Golden.self)
  }

  /// The largest difference of `metric` to its original over `pairs`.
  func largestDifference(
    _ metric: TextMetric, _ pairs: [Pair], text: (Text) throws -> String
  ) throws -> Double {
    let column = try #require(Self.golden.get().metrics.firstIndex(of: metric))
    return try pairs.reduce(0) { largest, pair in
      let score = metric.score(answer: try text(pair.answer), reference: try text(pair.reference))
      return max(largest, abs(score - pair.scores[column]))
    }
  }

  @Test("scores of edge cases and made-up texts are the original's", arguments: TextMetric.allCases)
  func madeUpTexts(metric: TextMetric) throws {
    let pairs = try Self.golden.get().madeUp
    let difference = try largestDifference(metric, pairs) { text in
      guard case .itself(let text) = text else { throw CocoaError(.coderReadCorrupt) }
      return text
    }
    #expect(pairs.count > 500 && difference < 1e-9)
  }

  @Test(
    "scores of 1200 pairs of Dolly-15K and Natural Instructions are the original's",
    .enabled(
      if: RealInputs.isPresent(RealInputs.shared("dolly"), RealInputs.noSharedData),
      Comment(rawValue: RealInputs.noSharedData)),
    arguments: TextMetric.allCases)
  func realTexts(metric: TextMetric) throws {
    let golden = try Self.golden.get()
    var files: [Int: [Example]] = [:]
    let difference = try largestDifference(metric, golden.real) { text in
      guard case .place(let file, let index, let field) = text else {
        throw CocoaError(.coderReadCorrupt)
      }
      if files[file] == nil {
        files[file] = try Dataset.read(path: try #require(RealInputs.shared(golden.files[file])))
          .examples
      }
      let example = try #require(files[file]?[index])
      return field == "context" ? example.context : example.response
    }
    #expect(golden.real.count == 1200 && difference < 1e-9)
  }

  @Test("stems are NLTK's")
  func stems() throws {
    let words = try Self.golden.get().stems.map { Array($0.utf8) }
    let pairs = stride(from: 0, to: words.count, by: 2).map { (words[$0], words[$0 + 1]) }
    let wrong = pairs.filter { PorterStemmer.stem(of: $0) != $1 }
    #expect(pairs.count > 1500 && wrong.map { String(decoding: $0.0, as: UTF8.self) } == [])
  }
}
