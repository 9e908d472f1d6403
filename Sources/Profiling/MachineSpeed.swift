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
  /// Making one side of a tile along all of 4096 directions: nanoseconds a weight, by basis.
  public var nanosecondsPerSum: [String: Double]
  /// Projecting a gradient onto 4096 directions: nanoseconds a weight, by basis.
  public var nanosecondsPerProjection: [String: Double]

  /// Another device, of which two numbers are known.
  ///
  /// Loading a weight then takes the passes over 4 bytes that its kernels make: eight and, for
  /// directions that are no signs of a transform, the arithmetic of 40 operations for a normal. All of
  /// 4096 directions take five passes by a transform, else an operation for a sign and 40 for a normal.
  public init(gigaflops: Double, bandwidth: Double) {
    self.gigaflops = gigaflops
    self.bandwidth = bandwidth
    let passes = 32 / bandwidth
    nanosecondsPerWeight = [
      BasisKind.hadamard.rawValue: passes, BasisKind.rademacher.rawValue: passes,
      BasisKind.gaussian.rawValue: passes + 40 / gigaflops,
    ]
    nanosecondsPerSum = [
      BasisKind.hadamard.rawValue: 20 / bandwidth, BasisKind.rademacher.rawValue: 4096 / gigaflops,
      BasisKind.gaussian.rawValue: 40 * 4096 / gigaflops,
    ]
    nanosecondsPerProjection = nanosecondsPerSum
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
      speed.nanosecondsPerSum[kind.rawValue] = try summing(kind)
      speed.nanosecondsPerProjection[kind.rawValue] = try projecting(kind)
    }
    return speed
  }

  /// Measures products and copying alone, for a fifth of a second: what the machine can do at this moment.
  ///
  /// A machine that is busy in one minute and idle in the next has two speeds; who compares a run with the
  /// machine wants that of the minute of the run.
  ///
  /// - Throws: ``OpenBLASMemoryError`` if there is no room for a product.
  public static func measuredNow() throws -> MachineSpeed {
    OpenBLAS.useOneThread()
    try OpenBLAS.reserveBuffers(threads: 1)
    return MachineSpeed(gigaflops: products(), bandwidth: copying())
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
    let weights = try weights(kind, rows: 96, of: kind == .hadamard ? 1 : 0)
      .perturbed(by: Perturbation(candidate: 1, epsilon: 1e-3))
    let tile = Sides(
      plus: Matrix(rows: 96, columns: 1024), minus: Matrix(rows: 96, columns: 1024))
    let seconds = fastest { for _ in 0..<20 { weights.load(0..<96, of: 0, into: tile) } }
    return seconds / Double(20 * 96 * 1024) * 1e9
  }

  private static func summing(_ kind: BasisKind) throws -> Double {
    let rows = rowCount(kind)
    let weights = try weights(kind, rows: rows, of: 4096)
    let tile = Matrix(rows: rows, columns: 1024)
    return fastest { weights.load(0..<rows, of: 0, into: tile) } / Double(rows * 1024) * 1e9
  }

  private static func projecting(_ kind: BasisKind) throws -> Double {
    let rows = rowCount(kind)
    let gradient = CoefficientGradient(
      try basis(kind), of: ZeroWeights(rows: rows, columns: 1024).parameters,
      context: ComputeContext())
    let tile = Matrix(rows: rows, columns: 1024)
    let seconds = fastest { gradient.add(tile, toRows: 0..<rows, of: 0, shard: 0) }
    return seconds / Double(rows * 1024) * 1e9
  }

  /// A tile, or so little of one that 4096 normals for each weight take no seconds.
  private static func rowCount(_ kind: BasisKind) -> Int { kind == .hadamard ? 96 : 4 }

  private static func basis(_ kind: BasisKind) throws -> SeedBasis {
    try SeedBasis(kind: kind, seed: 1, candidateCount: 4096)
  }

  /// Returns zeros, moved along `count` of the directions.
  private static func weights(
    _ kind: BasisKind, rows: Int, of count: Int
  ) throws -> CombinedWeights {
    var coefficients = Coefficients(candidateCount: 4096)
    for candidate in 0..<count { try coefficients.add(1e-7, to: candidate) }
    return CombinedWeights(
      base: ZeroWeights(rows: rows, columns: 1024), basis: try basis(kind),
      coefficients: coefficients)
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
