public import Bytes
internal import Crypto
internal import Tensors

extension WeightStore {
  /// The SHA-256 of the weights, in lowercase hexadecimal.
  ///
  /// For a GGUF file it is that of the file. For a folder, and for a GGUF model in several files, it is
  /// that of a text with a line `name sha256` for every weight file, sorted by name. Hashes of files are kept between runs by
  /// path, size and modification time, in `fedkseed` under `$XDG_CACHE_HOME` or `~/.cache`.
  ///
  /// - Complexity: O(bytes of the files) when they are not in the cache.
  public func identity() -> String { identity(cache: .standard) }

  /// The identity, with hashes of files kept in `cache`.
  package func identity(cache: HashCache?) -> String {
    if format == .gguf, files.count == 1 { return hash(of: files[0], cache) }
    let lines = files.map { "\(name(of: $0)) \(hash(of: $0, cache))\n" }
    return hexadecimal(SHA256.hash(data: Array(lines.joined().utf8)))
  }

  /// The SHA-256 of the names and shapes of all parameters, in lowercase hexadecimal.
  public var parameterMapHash: String {
    hexadecimal(SHA256.hash(data: Array(parameters.description.utf8)))
  }

  private func name(of file: MappedFile) -> Substring {
    file.path.split(separator: "/").last ?? ""
  }

  private func hash(of file: MappedFile, _ cache: HashCache?) -> String {
    if let hash = cache?.hash(of: file) { return hash }
    let hash = file.sha256()
    cache?.record(hash, of: file)
    return hash
  }
}

extension MappedFile {
  /// Returns the SHA-256 of the content, in lowercase hexadecimal.
  ///
  /// - Complexity: O(`byteCount`).
  public func sha256() -> String {
    let pieceSize = 1 << 20
    var hash = SHA256()
    advise(.sequential)
    for start in stride(from: 0, to: byteCount, by: pieceSize) {
      let piece = bytes.extracting(start..<min(start + pieceSize, byteCount))
      // SAFETY: the bytes are only read, during the call.
      unsafe piece.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    }
    advise(.normal)
    return hexadecimal(hash.finalize())
  }
}
