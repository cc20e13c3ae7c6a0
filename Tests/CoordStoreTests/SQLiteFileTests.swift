import CoordModel
import Testing

@testable import CoordStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What is true of the journal as a file: it survives, it is private, and it says what is wrong with it.
@Suite("SQLite journal file")
struct SQLiteFileTests {
    let folder: TemporaryFolder
    var path: String { folder.path + "/state.db" }

    init() throws { folder = try TemporaryFolder() }

    /// A journal with one run of `count` facts, and a writer that still has it open.
    func writer(facts count: Int) throws -> SQLiteStore {
        let store = try SQLiteStore(path: path, mode: .readWrite)
        try store.append(
            StoreBatch(
                run: StoreContract.runID, firstSequence: 1,
                facts: (0..<count).map { StoreContract.fact(.taskReady("t"), after: Int64($0)) },
                record: StoreContract.record(), tasks: [StoreContract.fullTask(0)]))
        return store
    }

    func appendOne(to store: SQLiteStore) throws {
        let next = try store.lastSequence(StoreContract.runID) + 1
        try store.append(
            StoreBatch(
                run: StoreContract.runID, firstSequence: next,
                facts: [StoreContract.fact(.taskReady("more"))]))
    }

    @Test("only its owner may read it")
    func permissions() throws {
        let store = try writer(facts: 1)
        #expect(folder.names == ["state.db", "state.db-shm", "state.db-wal"])
        for name in folder.names { #expect(folder.permissions(name) == 0o600, "\(name)") }
        _ = store
    }

    @Test("a closed journal is one file, and opens again where it was")
    func reopen() throws {
        do {
            let store = try writer(facts: 3)
            #expect(try store.lastSequence(StoreContract.runID) == 3)
        }
        #expect(folder.names == ["state.db"])
        let store = try SQLiteStore(path: path, mode: .readWrite)
        #expect(try store.lastSequence(StoreContract.runID) == 3)
        try appendOne(to: store)
        store.close()
        store.close()
        #expect(folder.names == ["state.db"])
        let reader = try SQLiteStore(path: path, mode: .readOnly)
        #expect(try reader.lastSequence(StoreContract.runID) == 4)
        #expect(try reader.task(StoreContract.runID, "task-0") == StoreContract.fullTask(0))
    }

    @Test("a reader sees what was recorded so far, and each reading is of one moment")
    func readWhileWriting() throws {
        let store = try writer(facts: 3)
        let reader = try SQLiteStore(path: path, mode: .readOnly)
        #expect(try reader.lastSequence(StoreContract.runID) == 3)
        try reader.reading { () throws(StoreError) in
            #expect(try reader.lastSequence(StoreContract.runID) == 3)
            do { try appendOne(to: store) } catch { Issue.record(error) }
            #expect(try reader.lastSequence(StoreContract.runID) == 3)
        }
        #expect(try reader.lastSequence(StoreContract.runID) == 4)
        #expect(throws: StoreError.self) { try appendOne(to: reader) }
    }

    @Test(
        "after a kill everything recorded is there, with or without the log's index",
        arguments: [true, false])
    func crash(keepsIndex: Bool) throws {
        let store = try writer(facts: 5)
        // The files of a living writer, copied, are what a killed one leaves.
        let image = try TemporaryFolder()
        for name in folder.names where keepsIndex || !name.hasSuffix("-shm") {
            try image.write(folder.read(name), to: name)
        }
        try appendOne(to: store)
        let reader = try SQLiteStore(path: image.path + "/state.db", mode: .readOnly)
        #expect(try reader.lastSequence(StoreContract.runID) == 5)
        let next = try SQLiteStore(path: image.path + "/state.db", mode: .readWrite)
        try appendOne(to: next)
        #expect(try reader.lastSequence(StoreContract.runID) == 6)
    }

    @Test("a torn end of the log loses only what was not recorded")
    func tornLog() throws {
        let store = try writer(facts: 5)
        let before = try folder.read("state.db-wal").count
        try appendOne(to: store)
        let image = try TemporaryFolder()
        try image.write(folder.read("state.db"), to: "state.db")
        try image.write(Array(folder.read("state.db-wal").prefix(before + 100)), to: "state.db-wal")
        let reader = try SQLiteStore(path: image.path + "/state.db", mode: .readOnly)
        #expect(try reader.lastSequence(StoreContract.runID) == 5)
        #expect(try reader.tasks(StoreContract.runID, .all) == [StoreContract.fullTask(0)])
    }

    @Test("without its log the journal is as it was when the log was last copied into it")
    func lostLog() throws {
        do { _ = try writer(facts: 5) }
        let store = try SQLiteStore(path: path, mode: .readWrite)
        try appendOne(to: store)
        let image = try TemporaryFolder()
        try image.write(folder.read("state.db"), to: "state.db")
        let reader = try SQLiteStore(path: image.path + "/state.db", mode: .readWrite)
        #expect(try reader.lastSequence(StoreContract.runID) == 5)
    }

    @Test("what is no journal is named and left as it was")
    func otherFiles() throws {
        try folder.write(
            Array("This is a letter, and long enough to have a header of 100 bytes if it were one. ".utf8)
                + [UInt8](repeating: 0x2E, count: 200), to: "state.db")
        let before = try folder.read("state.db")
        for mode in [SQLiteStore.Mode.readWrite, .readOnly] {
            let error = try #require(throws: StoreError.self) { try SQLiteStore(path: path, mode: mode) }
            #expect(error.description == "`\(path)` is not a journal: it is no SQLite database")
        }
        #expect(try folder.read("state.db") == before)
        #expect(folder.names == ["state.db"])
    }

    @Test("another program's database is refused and left as it was")
    func foreign() throws {
        do {
            let other = try SQLiteConnection(path: path, flags: 0x6)
            try other.execute("CREATE TABLE notes(text); PRAGMA application_id = 7")
        }
        for mode in [SQLiteStore.Mode.readWrite, .readOnly] {
            #expect(throws: StoreError.foreign(path: path, applicationID: 7)) {
                try SQLiteStore(path: path, mode: mode)
            }
        }
    }

    @Test("a newer coord's journal is refused, an older one's is brought up to date by a writer only")
    func versions() throws {
        do {
            let store = try writer(facts: 1)
            try store.connection.execute("INSERT INTO migrations VALUES ('telepathy')")
        }
        for mode in [SQLiteStore.Mode.readWrite, .readOnly] {
            let error = try #require(throws: StoreError.self) { try SQLiteStore(path: path, mode: mode) }
            #expect(
                error.description == "the journal `\(path)` was made by a newer coord (it has `telepathy`)")
        }
        let second = folder.path + "/second.db"
        let more = Migration.all + [Migration(name: "second", sql: "CREATE TABLE extra(x) STRICT")]
        #expect(throws: StoreError.self) {
            try Migration.apply(more, to: SQLiteConnection(path: second, flags: 0x6))
        }
        let fixed = Migration.all + [Migration(name: "second", sql: "CREATE TABLE extra(x INTEGER) STRICT")]
        let connection = try SQLiteConnection(path: second, flags: 0x6)
        // The step that failed left nothing of itself.
        try Migration.apply(to: connection)
        try Migration.apply(fixed, to: connection)
        try Migration.apply(fixed, to: connection)
        #expect(try connection.integer("SELECT count(*) FROM extra") == 0)
    }

    @Test("an empty file is no journal to a reader, and a fresh one to a writer")
    func emptyFile() throws {
        try folder.write([], to: "state.db")
        #expect(throws: StoreError.missing(path: path)) {
            try SQLiteStore(path: path, mode: .readOnly)
        }
        let store = try writer(facts: 2)
        #expect(try store.lastSequence(StoreContract.runID) == 2)
    }

    @Test("a missing journal is missing, and a reader makes none")
    func missing() throws {
        #expect(throws: StoreError.missing(path: path)) { try SQLiteStore(path: path, mode: .readOnly) }
        #expect(throws: StoreError.missing(path: path + "/x")) {
            try SQLiteStore(path: path + "/x", mode: .readOnly)
        }
        #expect(folder.names == [])
        let error = try #require(throws: StoreError.self) {
            try SQLiteStore(path: folder.path + "/none/state.db", mode: .readWrite)
        }
        #expect(
            error.description
                == "cannot open the journal `\(folder.path)/none/state.db`: "
                + "No such file or directory (SQLite code 14)"
        )
    }

    @Test("a full disk is told, nothing of the batch stays, and the same batch goes in later")
    func diskFull() throws {
        let store = try writer(facts: 1)
        let pages = try store.connection.integer("PRAGMA page_count")
        try store.connection.execute("PRAGMA max_page_count = \(pages)")
        let batch = StoreBatch(
            run: StoreContract.runID, firstSequence: 2,
            facts: (0..<2000).map { _ in StoreContract.fact(.progressReported(Samples.lease, text: "…")) },
            tasks: [StoreContract.plainTask(0, "task-0", .landed)])
        let error = try #require(throws: StoreError.self) { try store.append(batch) }
        #expect(error.description == "cannot write the journal `\(path)`: the disk is full")
        #expect(error.isTransient)
        #expect(try store.lastSequence(StoreContract.runID) == 1)
        #expect(try store.task(StoreContract.runID, "task-0") == StoreContract.fullTask(0))
        try store.connection.execute("PRAGMA max_page_count = 1000000")
        try store.append(batch)
        #expect(try store.lastSequence(StoreContract.runID) == 2001)
    }

    @Test("another writer's lock is waited for, then told")
    func locked() throws {
        do { _ = try writer(facts: 1) }
        let store = try SQLiteStore(path: path, mode: .readWrite, busyTimeout: .milliseconds(20))
        let other = try SQLiteConnection(path: path, flags: 0x2)
        try other.execute("BEGIN IMMEDIATE")
        let error = try #require(throws: StoreError.self) { try appendOne(to: store) }
        #expect(error.description == "the journal `\(path)` is locked by another process")
        #expect(error.isTransient)
        try other.execute("COMMIT")
        try appendOne(to: store)
        #expect(try store.lastSequence(StoreContract.runID) == 2)
    }

    @Test("damage is told, never read as data")
    func damage() throws {
        do { _ = try writer(facts: 3000) }
        var bytes = try folder.read("state.db")
        // The pages after the first, which holds the header: their headers are struck out.
        for page in 2..<bytes.count / 4096 {
            bytes.replaceSubrange(page * 4096..<page * 4096 + 8, with: repeatElement(0xFF, count: 8))
        }
        try folder.write(bytes, to: "state.db")
        let error = try #require(throws: StoreError.self) {
            let store = try SQLiteStore(path: path, mode: .readOnly)
            _ = try store.facts(StoreContract.runID, after: 0, limit: .max)
        }
        guard case .corrupt(path, _) = error else {
            Issue.record(error)
            return
        }
    }

    @Test("a row with a word coord does not know is named")
    func unknownWord() throws {
        let store = try writer(facts: 1)
        try store.connection.execute("UPDATE task_states SET stage = 'dreaming'")
        let error = try #require(throws: StoreError.self) { try store.tasks(StoreContract.runID, .all) }
        #expect(
            error.description
                == "row `task-0` of `task_states` in the journal cannot be read: stage `dreaming`")
        try store.connection.execute("UPDATE task_states SET stage = 'landed'")
        #expect(try store.tasks(StoreContract.runID, .all).count == 1)
    }

    #if os(Linux)
        @Test("in a folder that cannot be written a closed journal is read, an unfinished one refused")
        func readOnlyFolder() throws {
            let store = try writer(facts: 5)
            let unfinished = try TemporaryFolder()
            let closed = try TemporaryFolder()
            for name in folder.names where !name.hasSuffix("-shm") {
                try unfinished.write(folder.read(name), to: name)
                try closed.write(folder.read(name), to: name)
            }
            do { _ = try SQLiteStore(path: closed.path + "/state.db", mode: .readWrite).latestRun() }
            #expect(closed.names == ["state.db"])
            for folder in [closed, unfinished] {
                for name in folder.names { chmod(folder.path + "/" + name, 0o444) }
                chmod(folder.path, 0o555)
            }
            try asNobody {
                let reader = try SQLiteStore(path: closed.path + "/state.db", mode: .readOnly)
                #expect(try reader.lastSequence(StoreContract.runID) == 5)
                let error = try #require(throws: StoreError.self) {
                    try SQLiteStore(path: unfinished.path + "/state.db", mode: .readOnly)
                }
                guard case .needsRecovery = error else {
                    Issue.record(error)
                    return
                }
                #expect(throws: StoreError.self) {
                    try SQLiteStore(path: closed.path + "/state.db", mode: .readWrite)
                }
            }
            try appendOne(to: store)
        }

        /// The superuser writes anywhere: this thread's file access becomes that of nobody. `setfsuid`
        /// concerns the calling thread alone, and `body` does not leave it.
        private func asNobody(_ body: () throws -> Void) throws {
            guard geteuid() == 0 else { return try body() }
            typealias Change = @convention(c) (UInt32) -> Int32
            let change = unsafeBitCast(try #require(dlsym(nil, "setfsuid")), to: Change.self)
            _ = change(65534)
            defer { _ = change(0) }
            try body()
        }
    #endif
}
