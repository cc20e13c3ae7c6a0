package import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Why a process could not be started or watched. How a started process ended is an outcome, never this.
package enum ProcessError: Error, Hashable, Sendable {
    /// The system refused to start the program; the code is its `errno` (ENOENT, EACCES, ENOEXEC, EAGAIN …).
    case cannotStart(executable: String, code: Int32)
    /// The folder to start in is missing or closed to this user.
    case noWorkingFolder(String, code: Int32)
    case system(SystemError)

    /// The system's number for why.
    package var code: Int32 {
        switch self {
        case .cannotStart(_, let code), .noWorkingFolder(_, let code): code
        case .system(let error): error.code
        }
    }

    /// Whether trying again later may help: out of processes, memory or descriptors.
    package var isTemporary: Bool {
        [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(code)
    }
}

extension ProcessError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .cannotStart(let executable, let code):
            "cannot start `\(executable)`: \(SystemError.reason(code))"
        case .noWorkingFolder(let folder, let code):
            "cannot start a program in `\(folder)`: \(SystemError.reason(code))"
        case .system(let error): error.description
        }
    }
}
