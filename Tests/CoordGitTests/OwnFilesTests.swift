import CoordSystem
import Testing

@testable import CoordGit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Work is called unsaved, and a branch unborn, by what files say: what cannot be read must not look missing.
@Suite("Files of coord's own")
struct OwnFilesTests {
    @Test(
        "a file that is missing, or of another kind, is none",
        arguments: [ENOENT, ENOTDIR, EISDIR, ELOOP, EILSEQ, EFBIG])
    func missing(code: Int32) throws {
        let found: Int? = try OwnFiles.present { () throws(SystemError) in
            throw SystemError(operation: "open", path: "/a", code: code)
        }
        #expect(found == nil)
    }

    @Test(
        "one that cannot be read because the machine has nothing left is an error",
        arguments: [EMFILE, ENFILE, ENOMEM, EIO])
    func exhausted(code: Int32) {
        let error = SystemError(operation: "open", path: "/a", code: code)
        #expect(throws: GitError.system(error)) {
            _ = try OwnFiles.present { () throws(SystemError) -> Int in throw error }
        }
    }
}
