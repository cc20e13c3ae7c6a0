import CPosix
package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Confines the process it is called in, for good, as a command that was started through the worker program
/// wants it.
package enum Confinement {
    /// No core dump of this process or of what it starts: memory holds what an environment held.
    package static func forbidCoreDumps() throws(SystemError) {
        guard coord_forbid_core_dumps() == 0 else { throw .last("forbid core dumps") }
    }

    /// Becomes another program, found by its absolute path. Returns only by an error.
    package static func execute(_ words: [String]) throws(SystemError) -> Never {
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        execv(words[0], &arguments)
        throw .last("execute", words[0])
    }
}
