internal import Glibc

/// A whole file, mapped read-only into memory.
///
/// Nothing is read up front: a page is loaded when it is first touched, and the system may drop it
/// at any time. The mapping ends with the last reference.
///
/// - Important: If another process truncates the file, touching the lost pages raises `SIGBUS`.
@safe public final class MappedFile: Sendable {
  /// How a mapping will be read.
  public enum AccessPattern: Sendable {
    case normal, random, sequential, willNeed
  }

  /// The path the file was opened by.
  public let path: String

  /// The size of the file.
  public let byteCount: Int

  /// When the content was last modified, in nanoseconds since 1970.
  public let modificationTime: Int64

  // Never written through, so threads may share it.
  private nonisolated(unsafe) let base: UnsafeRawPointer

  /// Maps the regular file at `path`.
  ///
  /// - Throws: ``FileError`` if it cannot be opened or mapped, or is empty or no regular file.
  public init(path: String) throws(FileError) {
    // Without O_NONBLOCK, opening a pipe waits for a writer.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FileError(path: path, operation: .open, code: errno) }
    // A mapping outlives its descriptor.
    defer { _ = close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      throw FileError(path: path, operation: .open, code: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw FileError(path: path, operation: .map, code: isFolder ? EISDIR : ENODEV)
    }
    guard status.st_size > 0 else { throw FileError(path: path, operation: .map, code: ENODATA) }
    let mapping = unsafe mmap(nil, status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else {
      throw FileError(path: path, operation: .map, code: errno)
    }
    unsafe base = UnsafeRawPointer(mapping)
    byteCount = status.st_size
    modificationTime =
      Int64(status.st_mtim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_mtim.tv_nsec)
    self.path = path
  }

  deinit { unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }

  /// The bytes of the file.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      // SAFETY: `base` covers `byteCount` readable bytes until `deinit`.
      let span = unsafe RawSpan(_unsafeStart: base, byteCount: byteCount)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// Returns the little-endian integer at `offset`, or `nil` if it would pass the end of the file.
  public func integer<T: FixedWidthInteger & BitwiseCopyable>(
    _: T.Type = T.self, at offset: Int
  ) -> T? {
    guard offset >= 0, offset <= byteCount - MemoryLayout<T>.size else { return nil }
    // SAFETY: the guard keeps the read inside the mapping; every bit pattern is an integer.
    return unsafe T(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: T.self))
  }

  /// Tells the system how the mapping will be read; a hint without effect on results.
  public func advise(_ pattern: AccessPattern) {
    let advice =
      switch pattern {
      case .normal: MADV_NORMAL
      case .random: MADV_RANDOM
      case .sequential: MADV_SEQUENTIAL
      case .willNeed: MADV_WILLNEED
      }
    // SAFETY: none of these hints changes the content of the mapping.
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: base), byteCount, Int32(advice))
  }

  /// Gives the pages of the mapping back, and asks the system to drop them from its cache too.
  ///
  /// The next access reads the disk, as if memory had no room for the file.
  public func evict() {
    // SAFETY: the mapping is of a file and never written, so dropped pages come back the same.
    _ = unsafe madvise(UnsafeMutableRawPointer(mutating: base), byteCount, Int32(MADV_DONTNEED))
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
    _ = close(descriptor)
  }
}

/// A part of a mapped file.
public struct FileSlice: Sendable {
  /// The mapping, kept alive by the slice.
  package let file: MappedFile

  /// Where the part begins and ends, in bytes from the start of the file.
  public let range: Range<Int>

  /// Creates the part `range` of `file`.
  ///
  /// - Precondition: The range lies inside the file.
  package init(_ file: MappedFile, _ range: Range<Int>) {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= file.byteCount,
      "bytes \(range) of \(file.byteCount)")
    self.file = file
    self.range = range
  }

  /// The bytes of the part, in place.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      let span = file.bytes.extracting(range)
      // SAFETY: the slice keeps the mapping alive, and the range lies inside it.
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes of the part as text, or `nil` if they are not UTF-8.
  ///
  /// - Complexity: O(n): the bytes are copied.
  public var string: String? {
    // SAFETY: the bytes are only read, during the call.
    unsafe bytes.withUnsafeBytes { unsafe String(validating: $0, as: UTF8.self) }
  }
}
