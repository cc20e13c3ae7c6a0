#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Secrets that nobody guesses.
package enum RandomToken {
    /// 128 bits of the system's randomness as 32 lower-case hexadecimal digits.
    package static func make() throws(SystemError) -> String {
        let path = "/dev/urandom"
        let descriptor = try Descriptors.open(path, O_RDONLY)
        defer { Descriptors.close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard read(descriptor, &bytes, bytes.count) == bytes.count else { throw .last("read", path) }
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }
}
