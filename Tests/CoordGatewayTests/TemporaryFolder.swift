import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A fresh folder that goes away with `remove()`.
struct TemporaryFolder {
    let path: String

    struct Failure: Error { var code: Int32 }

    init() throws {
        let base = Environment.value("TMPDIR") ?? "/tmp"
        var template = Array((base + "/coord-gateway-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(code: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    func write(_ text: String, to name: String, permissions: UInt32) throws {
        let descriptor = try Descriptors.open(
            path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, permissions: permissions)
        defer { Descriptors.close(descriptor) }
        try Descriptors.writeAll(Array(text.utf8), to: descriptor)
        chmod(path + "/" + name, mode_t(permissions))
    }

    func remove() {
        // A folder that cannot be removed is the next clean-up's.
        try? Files.removeTree(path)
    }
}
