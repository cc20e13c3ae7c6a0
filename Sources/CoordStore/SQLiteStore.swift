import CSQLite
package import CoordModel
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The journal in a SQLite file: write-ahead log, `synchronous=FULL`, so that what `append` recorded survives
/// a power cut (https://www.sqlite.org/wal.html). One connection writes and checkpoints; readers open their
/// own.
package final class SQLiteStore: Store {
    package enum Mode: Sendable {
        /// Makes the file when it is missing (0600), brings its schema up to date.
        case readWrite
        /// Changes nothing and makes nothing; a coordinator may write meanwhile, or may have died while it
        /// wrote.
        case readOnly
    }

    /// Pages in the write-ahead log before it is copied into the database: 16 MiB. The default of 1000 copies
    /// the same few hot pages four times as often, which costs a fifth of the throughput of small batches.
    private static let checkpointPages = 4000

    let connection: SQLiteConnection
    /// The key of each run that was met, and its last fact's number.
    var numbers: [RunID: Int64] = [:]
    var sequences: [RunID: Int64] = [:]
    /// What was last written of a run and of each worker, to leave large columns alone that did not change.
    var writtenRuns: [RunID: RunRecord] = [:]
    var writtenSlots: [RunID: [WorkerID: SlotSpec]] = [:]
    /// Batches that were written.
    private var appended = 0
    /// So many batches are written before the pages they touched are given back: kept to its limit, the cache
    /// would make a coordinator grow for hours, and hardly any of it is looked at again.
    private static let batchesPerRelease = 512
    /// Holds one fact's JSON while it is written.
    var scratch: [UInt8] = []

    /// Opens the journal at `path`. `:memory:` makes one that lives as long as the store. A lock of another
    /// process is waited for until `busyTimeout`.
    package init(path: String, mode: Mode, busyTimeout: Duration = .seconds(5)) throws(StoreError) {
        let milliseconds = Int32(clamping: busyTimeout.wholeMilliseconds)
        switch mode {
        case .readWrite: connection = try Self.openForWriting(path, milliseconds)
        case .readOnly: connection = try Self.openForReading(path, milliseconds)
        }
    }

    // MARK: Opening

    private static func openForWriting(_ path: String, _ busyTimeout: Int32) throws(StoreError)
        -> SQLiteConnection
    {
        if path != ":memory:" { try makeFile(path) }
        let connection = try SQLiteConnection(
            path: path, flags: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
        connection.setBusyTimeout(milliseconds: busyTimeout)
        // Asked first, so that a file that is something else is told so and left as it is.
        _ = try connection.integer("PRAGMA schema_version")
        // A cache of 16 MiB, because a transaction that outgrows the default of 2 MiB writes its log twice;
        // and no overwriting of freed pages, which Debian's build would do.
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA wal_autocheckpoint = \(checkpointPages);
            PRAGMA cache_size = -16384;
            PRAGMA secure_delete = OFF;
            PRAGMA temp_store = MEMORY;
            PRAGMA cell_size_check = ON;
            PRAGMA trusted_schema = OFF;
            """)
        try Migration.apply(to: connection)
        return connection
    }

    private static func openForReading(_ path: String, _ busyTimeout: Int32) throws(StoreError)
        -> SQLiteConnection
    {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let code = errno
            if code == ENOENT || code == ENOTDIR { throw .missing(path: path) }
            throw .cannotOpen(
                path: path, errno: code,
                .init(code: SQLITE_CANTOPEN, message: String(cString: strerror(code))))
        }
        let connection = try SQLiteConnection(path: path, flags: SQLITE_OPEN_READONLY)
        connection.setBusyTimeout(milliseconds: busyTimeout)
        do throws(StoreError) {
            try prepareForReading(connection)
            return connection
        } catch {
            // A folder or a file system that cannot be written, where the index of the write-ahead log cannot
            // be made; SQLite then says either. Without a log nobody is writing, and the file alone is the
            // whole truth.
            let evidence: StoreError.Evidence
            switch error {
            case .readOnly(_, let found): evidence = found
            case .cannotOpen(_, let code, let found) where code != EMFILE && code != ENFILE: evidence = found
            default: throw error
            }
            guard !hasLog(path) else { throw .needsRecovery(path: path, evidence) }
            let immutable = try SQLiteConnection(
                path: path, uri: "file:" + escaped(path) + "?immutable=1", flags: SQLITE_OPEN_READONLY)
            try prepareForReading(immutable)
            return immutable
        }
    }

    private static func hasLog(_ path: String) -> Bool {
        var log = stat()
        return stat(path + "-wal", &log) == 0 && log.st_size > 0
    }

    private static func prepareForReading(_ connection: SQLiteConnection) throws(StoreError) {
        try connection.execute("PRAGMA query_only = ON; PRAGMA trusted_schema = OFF")
        try Migration.check(connection)
    }

    /// A path inside a `file:` URI (https://www.sqlite.org/uri.html).
    private static func escaped(_ path: String) -> String {
        var escaped = ""
        for character in path {
            switch character {
            case "%": escaped += "%25"
            case "?": escaped += "%3f"
            case "#": escaped += "%23"
            default: escaped.append(character)
            }
        }
        return escaped
    }

    // MARK: Transactions

    package func append(_ batch: StoreBatch) throws(StoreError) {
        #if COORD_PLANTED_BUGS
            if PlantedBug.isActive(.commitSkipped), batch.firstSequence % 13 == 0 {
                sequences[batch.run] = batch.firstSequence + Int64(batch.facts.count) - 1
                return
            }
        #endif
        do throws(StoreError) {
            try connection.transaction("BEGIN IMMEDIATE", step: .journalAppend) { () throws(StoreError) in
                try write(batch)
            }
        } catch {
            // What was remembered on the way was not recorded.
            forget(batch.run)
            throw error
        }
        appended += 1
        if appended.isMultiple(of: Self.batchesPerRelease) { connection.releaseMemory() }
    }

    /// Leaves one file behind, unless another process has it open too. The end of the store does the same;
    /// this is for programs that end by `exit`, which ends no object.
    package func close() { connection.close() }

    package func reading<Value>(_ body: () throws(StoreError) -> Value) throws(StoreError) -> Value {
        if connection.isInTransaction { return try body() }
        return try connection.transaction("BEGIN DEFERRED", step: nil, body)
    }

    package func removeRun(_ id: RunID) throws(StoreError) {
        guard let number = try number(of: id) else { return }
        try connection.transaction("BEGIN IMMEDIATE", step: .journalRemoval) { () throws(StoreError) in
            for table in ["facts", "tasks", "task_states"] {
                let delete = try connection.prepare("DELETE FROM \(table) WHERE id >= ? AND id < ?")
                delete.put(RowKey.first(number))
                delete.put(RowKey.first(number + 1))
                try delete.run()
            }
            for table in ["runs", "run_states", "workers", "costs"] {
                let delete = try connection.prepare("DELETE FROM \(table) WHERE number = ?")
                delete.put(number)
                try delete.run()
            }
        }
        forget(id)
    }

    private func forget(_ run: RunID) {
        numbers[run] = nil
        sequences[run] = nil
        writtenRuns[run] = nil
        writtenSlots[run] = nil
    }

    /// The key of a run; nil when the journal does not have it.
    func number(of run: RunID) throws(StoreError) -> Int64? {
        if let number = numbers[run] { return number }
        let statement = try connection.statement("SELECT number FROM runs WHERE run = ?")
        statement.put(run.rawValue)
        guard try statement.step() else { return nil }
        let number = statement.integer()
        statement.reset()
        numbers[run] = number
        return number
    }
}

/// The key of a row that belongs to a run: room for eight million runs of a trillion rows each.
enum RowKey {
    static func first(_ run: Int64) -> Int64 { run << 40 }
    static func make(_ run: Int64, _ row: Int64) -> Int64 { run << 40 | row }
    static func row(_ key: Int64) -> Int64 { key & (1 << 40 - 1) }
}

/// SQLite would make the file readable by everybody; the log and index beside it take the file's mode.
private func makeFile(_ path: String) throws(StoreError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
        let code = errno
        throw .cannotOpen(
            path: path, errno: code,
            .init(code: SQLITE_CANTOPEN, message: String(cString: strerror(code))))
    }
    close(descriptor)
}
