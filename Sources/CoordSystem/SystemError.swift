#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A call into the system that failed: what was tried, on what, and the system's own number for why.
package struct SystemError: Error, Hashable, Sendable {
    /// What was tried, as it follows "cannot": `open`, `make the folder`.
    package var operation: String
    package var path: String?
    /// The system's `errno`.
    package var code: Int32

    package init(operation: String, path: String? = nil, code: Int32) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// Whether the machine is the reason, not the file: no descriptor or memory is left, or the disk fails.
    /// Such an error must never pass for a file that is missing.
    package var isOfTheMachine: Bool {
        code == EMFILE || code == ENFILE || code == ENOMEM || code == EIO
    }

    /// The error the calling thread just met.
    package static func last(_ operation: String, _ path: String? = nil) -> SystemError {
        SystemError(operation: operation, path: path, code: errno)
    }
}

extension SystemError: CustomStringConvertible {
    package var description: String {
        let subject = path.map { " `\($0)`" } ?? ""
        return "cannot \(operation)\(subject): \(reason)"
    }

    /// The system's sentence for the number.
    package var reason: String { Self.reason(code) }

    /// The system's sentence for an `errno`.
    package static func reason(_ code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            buffer.initialize(repeating: 0)
            strerror_r(code, buffer.baseAddress!, 255)
            return String(cString: buffer.baseAddress!)
        }
    }
}
