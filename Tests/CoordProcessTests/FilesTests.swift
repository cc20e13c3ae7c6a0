import CoordModel
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Files")
struct FilesTests {
    private func code(_ body: () throws(SystemError) -> Void) -> Int32? {
        do throws(SystemError) {
            try body()
            return nil
        } catch { return error.code }
    }

    @Test("what is written is read back, with its permissions, and nothing else stays")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        try Files.writeAtomically(bytes, to: folder("a"), permissions: 0o640)
        #expect(try Files.read(folder("a")) == bytes)
        try Files.writeAtomically(Array("short".utf8), to: folder("a"))
        #expect(try Files.readText(folder("a")) == "short")
        let time = Files.modificationTime(folder("a"))
        // So that the copy is surely made later.
        repeat { try Files.write([], to: folder("now")) } while Files.modificationTime(folder("now")) == time
        try Files.copy(folder("a"), to: folder("b"))
        #expect(Files.modificationTime(folder("b")) == time)
        try Files.remove(folder("now"))
        #expect(try Files.list(folder.path) == ["a", "b"])
        #expect(Files.size(folder("b")) == 5)
        #expect(try Files.readText("/proc/self/stat").isEmpty == false)
    }

    @Test("what a dead writer left beside its file is taken away, what a living one writes is not")
    func abandoned() throws {
        let folder = try TemporaryFolder()
        // No process has the largest number there is.
        let names = ["main.2147483647-12.new", "main.1-12.new", "main.\(getpid())-1.new", "old.new", "main"]
        for name in names { try Files.writeAtomically([], to: folder(name)) }
        #expect(Files.removeAbandoned(in: folder.path) == ["main.2147483647-12.new"])
        #expect(try Files.list(folder.path) == names.dropFirst().sorted())
        #expect(Files.removeAbandoned(in: folder("missing")) == [])
    }

    @Test("only regular files are read, and no read waits")
    func refusals() throws {
        let folder = try TemporaryFolder()
        mkfifo(folder("fifo"), 0o600)
        try Files.writeAtomically([0xFF, 0xFE], to: folder("binary"))
        try Files.writeAtomically([UInt8](repeating: 0, count: 100), to: folder("big"))
        #expect(code { () throws(SystemError) in _ = try Files.read(folder("fifo")) } == ENXIO)
        #expect(code { () throws(SystemError) in _ = try Files.read("/dev/zero") } == ENXIO)
        #expect(code { () throws(SystemError) in _ = try Files.read(folder.path) } == EISDIR)
        #expect(code { () throws(SystemError) in _ = try Files.read(folder("none")) } == ENOENT)
        #expect(code { () throws(SystemError) in _ = try Files.read(folder("big"), limitBytes: 99) } == EFBIG)
        #expect(code { () throws(SystemError) in _ = try Files.readText(folder("binary")) } == EILSEQ)
        #expect(code { () throws(SystemError) in _ = try Files.read(folder("big") + "\0x") } == EINVAL)
        #expect(code { () throws(SystemError) in try Files.makeFolder(folder("big")) } == ENOTDIR)
        let error = SystemError(operation: "open", path: "x", code: ENOENT)
        #expect(error.description == "cannot open `x`: No such file or directory")
    }

    @Test("a tree is removed without following a link, also when its folders are closed")
    func removeTree() throws {
        let folder = try TemporaryFolder()
        try Files.makeFolder(folder("kept"))
        try Files.writeAtomically([1], to: folder("kept/file"))
        try Files.makeFolder(folder("tree/a/b/c"))
        try Files.writeAtomically([1], to: folder("tree/a/b/c/file"))
        symlink(folder("kept"), folder("tree/a/link"))
        chmod(folder("tree/a/b"), 0o000)
        try Files.removeTree(folder("tree"))
        #expect(Files.kind(folder("tree")) == nil)
        #expect(Files.kind(folder("kept/file")) == .file)
        symlink(folder("kept"), folder("link"))
        try Files.removeTree(folder("link"))
        try Files.removeTree(folder("missing"))
        #expect(try Files.list(folder.path) == ["kept"])
    }

    @Test(
        "paths fold by text",
        arguments: [
            ("a/./b//../c", "/x", "/x/a/c"), ("/a/../../b", "/x", "/b"), ("..", "/x/y", "/x"),
            ("", "/x", "/x"),
            ("/", "/x", "/"),
        ])
    func absolute(path: String, base: String, expected: String) {
        #expect(Files.absolute(path, base: base) == expected)
    }

    @Test("a lock has one holder, who is named, and is free when the holder is gone")
    func lock() throws {
        let folder = try TemporaryFolder()
        var first = try FileLock.acquire(folder("lock"), note: "run 1 of pid 7")
        #expect(first != nil)
        #expect(try FileLock.acquire(folder("lock"), note: "run 2") == nil)
        #expect(FileLock.holder(folder("lock")) == "run 1 of pid 7")
        first = nil
        #expect(FileLock.holder(folder("lock")) == nil)
        #expect(try FileLock.acquire(folder("lock"), note: "run 2") != nil)
        // Who waits for a holder has the lock as soon as that one gives it back.
        first = try FileLock.acquire(folder("lock"), note: "run 3")
        var heard: [String] = []
        let next = try FileLock.acquire(folder("lock"), note: "run 4") { holder in
            heard.append(holder)
            if heard.count == 3 { first = nil }
            return true
        }
        #expect(next != nil && heard == ["run 3", "run 3", "run 3"])
        #expect(try FileLock.acquire(folder("lock"), note: "run 5") { _ in false } == nil)
        #expect(FileLock.holder(folder("other")) == nil)
    }

    @Test("programs are found in absolute folders of the path only")
    func executables() throws {
        #expect(Executables.find("sh", path: "relative::/nonexistent:/bin") == "/bin/sh")
        #expect(Executables.find("sh", path: ".") == nil)
        #expect(Executables.find("/bin/sh") == "/bin/sh")
        #expect(Executables.find("/etc/passwd") == nil)
        #expect(Files.isExecutable(Executables.own()))
        #expect(Environment.all["PATH"] == Environment.value("PATH"))
    }

    @Test("the clock agrees with the wall and never runs backwards")
    func clock() {
        let clock = RuntimeClock()
        var last = clock.now()
        #expect(abs(last.milliseconds - Int64(time(nil)) * 1000) < 2000)
        for _ in 0..<1000 {
            let now = clock.now()
            #expect(now >= last)
            last = now
        }
    }
}
