internal import FineTuning
public import Kernels
internal import LanguageModels
internal import SeedBasis

/// How near a step came to what its machine can do: the arithmetic of products, the bandwidth of memory.
///
/// Source: Williams, Waterman and Patterson 2009, "Roofline". What one thread can do counts for each
/// thread, so threads that share a core or the memory do not get there.
public struct Roofline: Sendable, Equatable {
  /// The speed of one phase, on all threads.
  public struct Rate: Sendable, Equatable {
    /// The phase.
    public let phase: PhaseClock.Phase
    /// What it did: in ``Roofline/unit(of:)``.
    public let achieved: Double
    /// What the machine can do, in the same unit.
    public let attainable: Double
  }

  /// The phases whose work is known, in the order of a pass.
  public let rates: [Rate]
  /// Operations of a step for each byte of stored weights that it reads.
  public let intensity: Double
  /// What the machine can do at this intensity: 10⁹ operations a second.
  public let attainable: Double

  /// Compares a step with `speed`.
  ///
  /// Each weight that a step makes is read as it is stored, and written to a tile in four bytes.
  ///
  /// - Parameters:
  ///   - parameterCount: d.
  ///   - fileBytes: The size of the weight files.
  ///   - phaseSeconds: The time of each phase, summed over threads.
  public init(
    _ work: StepWork, parameterCount: Int, fileBytes: Int, settings: StepSettings,
    phaseSeconds: [(phase: PhaseClock.Phase, seconds: Double)], speed: MachineSpeed
  ) {
    let threads = Double(settings.threads)
    let stored = Double(
      settings.mode == .virtual ? fileBytes : settings.bytesPerWeight * parameterCount)
    let read = work.loads / Double(parameterCount) * stored
    let giga: [PhaseClock.Phase: Double] = [
      .dequantise: (read + 4 * work.loads) / 1e9, .products: work.layers / 1e9,
      .attention: work.attention / 1e9, .head: work.head / 1e9,
    ]
    rates = phaseSeconds.compactMap { phase, seconds in
      giga[phase].map {
        let attainable = phase == .dequantise ? speed.bandwidth : speed.gigaflops
        return Rate(
          phase: phase, achieved: $0 / seconds * threads, attainable: attainable * threads)
      }
    }
    intensity = work.total / read
    attainable = threads * min(speed.gigaflops, intensity * speed.bandwidth)
  }

  /// The unit of a phase's rate.
  public static func unit(of phase: PhaseClock.Phase) -> String {
    phase == .dequantise ? "GB/s" : "GFLOP/s"
  }
}

extension PhaseClock.Phase {
  /// The phases of a step, in the order in which they are printed.
  static let ofSteps: [PhaseClock.Phase] = [.dequantise, .basis, .products, .attention, .head]
}
