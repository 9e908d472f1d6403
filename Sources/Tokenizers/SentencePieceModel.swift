// SentencePiece's own file, `tokenizer.model`: a protocol buffer of tokens, scores and switches.

internal import Bytes

extension TokenizerVocabulary {
  /// Reads a SentencePiece model.
  ///
  /// Source: `sentencepiece_model.proto`; fields that change no ids are not read.
  ///
  /// - Parameter file: Its name, for error messages.
  /// - Throws: ``TokenizerError`` if the bytes are no such file, or ask for another algorithm.
  public init(
    sentencePiece bytes: [UInt8], file: String = "tokenizer.model"
  ) throws(TokenizerError) {
    self.init(file: file, model: "", tokens: [])
    var trainer: ProtocolFields? = ProtocolFields([])
    var rules: ProtocolFields? = ProtocolFields([])
    var reader = ByteReader(bytes[...])
    while reader.remaining > 0 {
      guard let field = ProtocolFields.next(&reader) else { throw Self.damaged(file) }
      switch (field.number, field.bytes) {
      case (1, let bytes?): try append(piece: bytes)
      case (2, let bytes?): trainer = ProtocolFields(bytes)
      case (3, let bytes?): rules = ProtocolFields(bytes)
      default: continue
      }
    }
    guard let trainer, let rules, !tokens.isEmpty else { throw Self.damaged(file) }
    try read(trainer)
    characterMap = rules.bytes(2).map(Array.init)
    addsSpacePrefix = rules.bool(3, true)
    removesExtraSpaces = rules.bool(4, true)
    guard rules.bool(5, true) else { throw unsupported("escape_whitespaces", "false", "true") }
    spellsUserTokensAsNormalized = true
  }

  private mutating func append(piece bytes: ArraySlice<UInt8>) throws(TokenizerError) {
    guard let piece = ProtocolFields(bytes), tokens.count < PieceTable.limit else {
      throw Self.damaged(file)
    }
    tokens.append(String(decoding: piece.bytes(1) ?? [], as: UTF8.self))
    scores.append(Float(bitPattern: UInt32(truncatingIfNeeded: piece.number(2) ?? 0)))
    types.append(Int32(clamping: piece.number(3) ?? 1))
  }

  private mutating func read(_ trainer: ProtocolFields) throws(TokenizerError) {
    switch trainer.number(3) ?? 1 {
    case 1: model = "t5"
    case 2: model = "llama"
    case let other: throw unsupported("model_type", "\(other)", "1 (unigram) or 2 (byte pairs)")
    }
    guard !trainer.bool(24, false) else {
      throw unsupported("treat_whitespace_as_suffix", "true", "false")
    }
    fallsBackToBytes = trainer.bool(35, false)
    unknownToken = id(trainer, 40, 0)
    beginToken = id(trainer, 41, 1)
    endToken = id(trainer, 42, 2)
    addsBeginToken = model == "llama"
    addsEndToken = model == "t5"
  }

  /// A token that may be switched off by a negative number.
  private func id(_ trainer: ProtocolFields, _ number: Int, _ fallback: UInt64) -> Int32? {
    let value = Int32(truncatingIfNeeded: trainer.number(number) ?? fallback)
    return tokens.indices.contains(Int(value)) ? value : nil
  }

  private func unsupported(
    _ field: String, _ found: String, _ supported: String
  ) -> TokenizerError {
    .unsupported(file: file, field: field, found: found, supported: supported)
  }

  private static func damaged(_ file: String) -> TokenizerError {
    .invalid(file: file, field: "pieces", found: "other bytes", expected: "a SentencePiece model")
  }
}

/// The fields of one message of a protocol buffer, in order.
struct ProtocolFields {
  /// A field: a number of up to 64 bits, or bytes.
  struct Field {
    let number: Int
    var value: UInt64 = 0
    var bytes: ArraySlice<UInt8>?
  }

  /// A message about a model has some hundred; the tokens are messages of their own.
  private static let limit = 1 << 16

  private var all: [Field] = []

  /// Reads a message, or returns `nil` if the bytes are none, or one of too many fields.
  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    while reader.remaining > 0 {
      guard all.count < Self.limit, let field = Self.next(&reader) else { return nil }
      all.append(field)
    }
  }

  /// Reads the field that comes next, or returns `nil` if there is none.
  static func next(_ reader: inout ByteReader) -> Field? {
    number(&reader).flatMap { field($0, &reader) }
  }

  private static func field(_ tag: UInt64, _ reader: inout ByteReader) -> Field? {
    guard let number = Int(exactly: tag >> 3), number > 0 else { return nil }
    switch tag & 7 {
    case 0: return Self.number(&reader).map { Field(number: number, value: $0) }
    case 1: return reader.read(UInt64.self).map { Field(number: number, value: $0) }
    case 2:
      guard let count = Self.number(&reader), count <= UInt64(reader.remaining) else { return nil }
      return Field(number: number, bytes: reader.read(Int(count)))
    case 5: return reader.read(UInt32.self).map { Field(number: number, value: UInt64($0)) }
    default: return nil
    }
  }

  /// A number in groups of seven bits.
  private static func number(_ reader: inout ByteReader) -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 64, by: 7) {
      guard let byte = reader.readByte() else { return nil }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  // Of a field that comes several times, the last counts.
  func number(_ number: Int) -> UInt64? {
    all.last { $0.number == number && $0.bytes == nil }?.value
  }

  func bytes(_ number: Int) -> ArraySlice<UInt8>? { all.last { $0.number == number }?.bytes }

  func bool(_ number: Int, _ fallback: Bool) -> Bool {
    self.number(number).map { $0 != 0 } ?? fallback
  }
}
