import Foundation
import Kernels
import Tensors
import Testing

@Suite("Matrix products")
struct OpenBLASTests {
  init() { OpenBLAS.useOneThread() }

  @Test(
    "products of parts of matrices match the definition",
    arguments: [(1, 1, 1), (5, 7, 3), (1, 96, 576), (33, 17, 65), (64, 64, 64)])
  func multiply(_ m: Int, _ n: Int, _ k: Int) {
    let x = randomMatrix(m + 2, k + 3, seed: 9).rows(1..<m + 1).columns(2..<k + 2)
    let w = randomMatrix(n, k, seed: 10)
    let y = Matrix(rows: m, columns: n + 5).columns(4..<n + 4)
    OpenBLAS.multiply(x, transposed: w, into: y)
    OpenBLAS.multiply(x, transposed: w, into: y, adding: true)

    let (xs, ws) = (doubles(x), doubles(w))
    func dot(_ index: Int, _ f: (Double) -> Double) -> Double {
      (0..<k).reduce(0) { $0 + f(2 * xs[index / n * k + $1] * ws[index % n * k + $1]) }
    }
    let expected = (0..<m * n).map { dot($0, { $0 }) }
    // Higham, Accuracy and Stability of Numerical Algorithms, section 3.1.
    #expect(worst(y, expected) { unit * Double(k + 1) * dot($0, abs) } <= 1)
  }

  @Test("a product without transposition equals the one with the transposed matrix")
  func multiplyUntransposed() {
    let (x, w) = (randomMatrix(6, 5, seed: 11), randomMatrix(5, 4, seed: 12))
    let transposed = Matrix(rows: 4, columns: 5)
    for row in 0..<5 {
      for column in 0..<4 { transposed[column, row] = w[row, column] }
    }
    let (y, z) = (Matrix(rows: 6, columns: 4), Matrix(rows: 6, columns: 4))
    OpenBLAS.multiply(x, w, into: y)
    OpenBLAS.multiply(x, w, into: y, adding: true)
    OpenBLAS.multiply(x, transposed: transposed, into: z)
    OpenBLAS.multiply(x, transposed: transposed, into: z, adding: true)
    #expect(worst(y, doubles(z)) { _ in unit * 6 * 90 } <= 1)
  }

  @Test(
    "a product with its first factor transposed matches the definition, also added twice",
    arguments: [(1, 1, 1), (5, 7, 3), (1, 96, 57), (33, 17, 65), (64, 64, 64)])
  func multiplyTransposed(_ m: Int, _ n: Int, _ k: Int) {
    let a = randomMatrix(m + 2, n + 3, seed: 13).rows(1..<m + 1).columns(2..<n + 2)
    let b = randomMatrix(m, k, seed: 14)
    let y = Matrix(rows: n, columns: k + 5).columns(4..<k + 4)
    OpenBLAS.multiply(transposed: a, b, into: y)
    OpenBLAS.multiply(transposed: a, b, into: y, adding: true)

    let (xs, ys) = (doubles(a), doubles(b))
    func dot(_ index: Int, _ f: (Double) -> Double) -> Double {
      (0..<m).reduce(0) { $0 + f(2 * xs[$1 * n + index / k] * ys[$1 * k + index % k]) }
    }
    let expected = (0..<n * k).map { dot($0, { $0 }) }
    // Higham, Accuracy and Stability of Numerical Algorithms, section 3.1.
    #expect(worst(y, expected) { unit * Double(m + 1) * dot($0, abs) } <= 1)
  }

  @Test("OpenBLAS uses one thread")
  func oneThread() { #expect(OpenBLAS.threadCount == 1) }
}
