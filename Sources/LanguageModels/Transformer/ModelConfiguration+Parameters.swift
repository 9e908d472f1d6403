public import Tensors

extension ModelConfiguration {
  /// The tensors of a model of this configuration.
  ///
  /// - Complexity: O(`layerCount`).
  public var parameters: ParameterMap {
    var parameters: [String: Parameter] = [:]
    _ = DecoderParameters(self) { name, shape in
      parameters[name] = Parameter(name: name, shape: shape)
      return 0
    }
    return ParameterMap(Array(parameters.values))
  }

  /// The number of weights of the matrices of all layers.
  ///
  /// - Complexity: O(`layerCount`).
  public var layerWeightCount: Int {
    parameters.parameters.reduce(0) { sum, parameter in
      let isInLayer =
        parameter.shape.count == 2
        && parameter.name.split(separator: ".").contains {
          Int($0) != nil
        }
      return isInLayer ? sum + parameter.elementCount : sum
    }
  }
}
