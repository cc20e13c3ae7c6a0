import CoordModel
import CoordProcess
import CoordSystem
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Files that somebody hostile may write")
struct UntrustedFileTests {
    private func read(_ name: String, in folder: String) throws(SystemError) -> String {
        String(decoding: try Files.readUntrusted(name, in: folder, firstBytes: 64), as: UTF8.self)
    }

    /// A folder with a file, and a secret outside of it.
    private func stage() throws -> (folder: TemporaryFolder, inside: String) {
        let folder = try TemporaryFolder()
        try Files.makeFolder(folder("inside"))
        try Files.writeAtomically(Array("secret".utf8), to: folder("secret"))
        try Files.writeAtomically(Array("words".utf8), to: folder("inside/handoff"))
        return (folder, folder("inside"))
    }

    @Test("X19: a regular file is read, up to its limit")
    func plain() throws {
        let (folder, inside) = try stage()
        #expect(try read("handoff", in: inside) == "words")
        try Files.writeAtomically([UInt8](repeating: 0x61, count: 100), to: folder("inside/long"))
        #expect(try read("long", in: inside).utf8.count == 64)
    }

    @Test("X19: a link, a second name of a file, a pipe and a folder are refused; a plain read follows them")
    func refusals() throws {
        let (folder, inside) = try stage()
        try Files.link(folder("inside/link"), to: folder("secret"))
        #expect(hardLink(folder("secret"), folder("inside/name")) == 0)
        mkfifo(folder("inside/pipe"), 0o600)
        try Files.makeFolder(folder("inside/folder"))
        for name in ["link", "name", "pipe", "folder", "missing"] {
            #expect(throws: SystemError.self, "\(name)") { try read(name, in: inside) }
        }
        // The control: without the defence the secret comes out.
        for name in ["link", "name"] { #expect(try Files.readText(inside + "/" + name) == "secret") }
        try Files.link(folder("way"), to: inside)
        #expect(throws: SystemError.self) { try read("handoff", in: folder("way")) }
    }

    @Test("X19: a link that is swapped in and out while the file is read is never followed")
    func race() throws {
        let (folder, inside) = try stage()
        let isOver = Flag()
        let (secret, path) = (folder("secret"), inside + "/handoff")
        let hands = BlockingThreads(count: 1, name: "swapper")
        _ = hands.submit {
            for turn in 0..<20_000 {
                let fresh = path + ".new"
                if turn % 2 == 0 {
                    symlink(secret, fresh)
                } else {
                    close(open(fresh, O_WRONLY | O_CREAT, 0o600))
                }
                rename(fresh, path)
            }
            isOver.value.store(true, ordering: .releasing)
        }
        var reads = 0
        while !isOver.value.load(ordering: .acquiring) {
            // A refusal is as good an answer as the agent's own words.
            let text = try? read("handoff", in: inside)
            #expect(text != "secret")
            reads += 1
        }
        hands.shutdown()
        #expect(reads > 100)
    }
}

/// The system's `link`, whose name the house's own hides.
private func hardLink(_ from: String, _ to: String) -> Int32 { link(from, to) }

private final class Flag: Sendable {
    let value = Atomic(false)
}
