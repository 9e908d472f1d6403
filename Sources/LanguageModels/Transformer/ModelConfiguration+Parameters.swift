public import Tensors

extension ModelConfiguration {
  /// The tensors of a model of this configuration.
  ///
  /// - Complexity: O(`layerCount`).
  public var parameters: ParameterMap {
    var parameters: [Parameter] = []
    _ = DecoderParameters(self) { name, shape in
      parameters.append(Parameter(name: name, shape: shape))
      return parameters.count - 1
    }
    return ParameterMap(parameters)
  }
}
