internal import Foundation
internal import Kernels
internal import SeedBasis
internal import Tensors
internal import Weights

/// How fast a machine does the two things that steps are made of, on one thread.
public struct MachineSpeed: Codable, Equatable, Sendable {
  /// Matrix products: 10⁹ floating-point operations a second.
  public var gigaflops: Double
  /// Copying memory: 10⁹ bytes a second.
  public var bandwidth: Double
  /// Making both sides of a tile, its dequantisation included: nanoseconds a weight, by basis.
  public var nanosecondsPerWeight: [String: Double]

  /// Another device, of which two numbers are known.
  ///
  /// Loading a weight then takes the passes over 4 bytes that its kernels make: eight and, for
  /// directions that are no signs of a transform, the arithmetic of 40 operations for a normal.
  public init(gigaflops: Double, bandwidth: Double) {
    self.gigaflops = gigaflops
    self.bandwidth = bandwidth
    let passes = 32 / bandwidth
    nanosecondsPerWeight = [
      BasisKind.hadamard.rawValue: passes, BasisKind.rademacher.rawValue: passes,
      BasisKind.gaussian.rawValue: passes + 40 / gigaflops,
    ]
  }

  /// Measures this machine for about a second.
  ///
  /// - Throws: ``OpenBLASMemoryError`` if there is no room for a product.
  public static func measured() throws -> MachineSpeed {
    OpenBLAS.useOneThread()
    try OpenBLAS.reserveBuffers(threads: 1)
    var speed = MachineSpeed(gigaflops: products(), bandwidth: copying())
    for kind in BasisKind.allCases {
      speed.nanosecondsPerWeight[kind.rawValue] = try loading(kind)
    }
    return speed
  }

  /// Returns the speed measured earlier for this program and processor, or measures it now.
  ///
  /// Kept in `fedkseed` under `$XDG_CACHE_HOME` or `~/.cache`; delete the file to measure again.
  public static func cached(version: String) throws -> MachineSpeed {
    let folder = URL(
      filePath: HashCache.standard?.folder ?? FileManager.default.temporaryDirectory.path)
    let machine = try MachineDescription.current()
    let name = "\(version)-\(machine.cpuModel ?? "unknown")-\(OpenBLAS.coreName)"
    let file = folder.appending(
      path: "speed-" + String(name.map { $0.isLetter || $0.isNumber ? $0 : "-" }) + ".json")
    if let data = try? Data(contentsOf: file),
      let speed = try? JSONDecoder().decode(MachineSpeed.self, from: data)
    {
      return speed
    }
    let speed = try measured()
    try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try? JSONEncoder().encode(speed).write(to: file, options: .atomic)
    return speed
  }

  /// Returns the fastest of some runs of `body`, in seconds.
  private static func fastest(_ body: () -> Void) -> Double {
    (0..<6).map { _ in ContinuousClock().measure(body) / .seconds(1) }.min() ?? .infinity
  }

  private static func products() -> Double {
    let (rows, columns, tokens) = (96, 1024, 256)
    let x = Matrix(rows: tokens, columns: columns), w = Matrix(rows: rows, columns: columns)
    let y = Matrix(rows: tokens, columns: rows)
    let seconds = fastest {
      for _ in 0..<40 { OpenBLAS.multiply(x, transposed: w, into: y) }
    }
    return 40 * 2 * Double(rows * columns * tokens) / seconds / 1e9
  }

  private static func copying() -> Double {
    let source = Matrix(rows: 1, columns: 1 << 24), target = Matrix(rows: 1, columns: 1 << 24)
    // Each element is read and written.
    return 8 * Double(1 << 24) / fastest { target.copyElements(from: source) } / 1e9
  }

  private static func loading(_ kind: BasisKind) throws -> Double {
    let zeros = ZeroWeights(rows: 96, columns: 1024)
    var coefficients = Coefficients(candidateCount: 4096)
    if kind == .hadamard { try coefficients.add(1e-7, to: 0) }
    let weights = CombinedWeights(
      base: zeros, basis: try SeedBasis(kind: kind, seed: 1, candidateCount: 4096),
      coefficients: coefficients
    ).perturbed(by: Perturbation(candidate: 1, epsilon: 1e-3))
    let tile = Sides(
      plus: Matrix(rows: 96, columns: 1024), minus: Matrix(rows: 96, columns: 1024))
    let seconds = fastest { for _ in 0..<20 { weights.load(0..<96, of: 0, into: tile) } }
    return seconds / Double(20 * 96 * 1024) * 1e9
  }
}

/// One matrix stored in bf16, every element zero: what a tile is loaded from in a calibration.
private struct ZeroWeights: WeightSource {
  let parameters: ParameterMap
  private let bytes: [UInt8]
  private let kernels = StorageKernels(.best)

  init(rows: Int, columns: Int) {
    parameters = ParameterMap([Parameter(name: "zeros", shape: [rows, columns])])
    bytes = [UInt8](repeating: 0, count: 2 * rows * columns)
  }

  func load(_ rows: Range<Int>, of tensor: Int, into tile: Matrix) {
    // SAFETY: the span covers the array, which outlives the call.
    unsafe kernels.load(bytes.span.bytes, as: .bf16, into: tile)
  }
}
