/// What a random stream is for.
///
/// The tag is a word of the generator's counter, so streams of different purposes never share a
/// number, even under one seed. The raw values are part of the file formats: never renumber one.
public enum StreamTag: UInt32, CaseIterable, Sendable {
  /// Signs of Rademacher directions.
  case rademacher = 1
  /// Normals of Gaussian directions.
  case gaussian = 2
  /// Signs of a Hadamard block's elements, shared by all candidates.
  case hadamardElementSigns = 3
  /// Signs of a Hadamard block's candidates.
  case hadamardCandidateSigns = 4

  /// The order in which a client visits its examples.
  case dataOrder = 16
  /// The candidate direction a client draws at a step.
  case candidateChoice = 17
  /// The clients that take part in a round.
  case clientSampling = 18
  /// The division of examples among clients.
  case partition = 19
  /// The text of synthetic tasks.
  case syntheticData = 20
  /// The tokens drawn while decoding.
  case decoding = 21
  /// The weights of synthetic models.
  case syntheticWeights = 22
  /// The direction of stochastic rounding.
  case stochasticRounding = 23
  /// The direction of rounding of a client's update, as it is sent.
  case updateRounding = 24
  /// The clients of a simulation that take steps of zeroth order.
  case zerothOrderClients = 25
  /// The order in which the windows of a federation have their rounds.
  case windowOrder = 26
}
