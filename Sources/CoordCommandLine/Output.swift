package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where results or speech go: a descriptor, or memory in tests. Gathers what is written and passes it on in
/// large pieces.
///
/// A reader that went away is a quiet success: what follows is dropped, and `isClosed` says so to whoever
/// would otherwise go on for ever. SIGPIPE must be ignored.
package final class Output {
    private static let limit = 1 << 16

    private let descriptor: Int32?
    private var pending: [UInt8] = []
    /// Whether the reader went away, or cannot take more.
    package private(set) var isClosed = false
    /// Why a write failed, other than by the reader's leave.
    package private(set) var failure: SystemError?

    package init(descriptor: Int32) { self.descriptor = descriptor }

    /// Keeps everything.
    package init() { descriptor = nil }

    /// Adds text to what is gathered.
    package func write(_ text: String) {
        var text = text
        text.withUTF8 { write($0) }
    }

    /// Adds bytes to what is gathered.
    package func write(_ bytes: some Sequence<UInt8>) {
        guard !isClosed else { return }
        pending.append(contentsOf: bytes)
        if pending.count >= Self.limit { flush() }
    }

    /// Adds a line and its end.
    package func line(_ text: String = "") {
        write(text)
        write("\n")
    }

    /// Passes on what was gathered.
    package func flush() {
        guard let descriptor, !pending.isEmpty else { return }
        do throws(SystemError) { try Descriptors.writeAll(pending, to: descriptor) } catch {
            isClosed = true
            if error.code != EPIPE { failure = error }
        }
        pending.removeAll(keepingCapacity: true)
    }

    /// What was kept in memory.
    package var text: String { String(decoding: pending, as: UTF8.self) }
}
