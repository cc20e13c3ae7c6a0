import CSQLite
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One connection to one database, and the statements prepared on it. Thread-confined: opened with
/// `SQLITE_OPEN_NOMUTEX`, which https://www.sqlite.org/threadsafe.html permits as long as no two threads use
/// it at the same time.
final class SQLiteConnection {
    let path: String
    private let handle: OpaquePointer
    private var isClosed = false
    /// A write or a sync failed: what is on the disk is not known, and nothing is written or synced again, as
    /// closing would (https://www.usenix.org/conference/atc20/presentation/rebello).
    private var isBroken = false
    /// Keyed by the address of the literal: a look-up costs a few nanoseconds and no text is compared.
    private var statements: [UnsafePointer<UInt8>: SQLiteStatement] = [:]

    /// Opens `path`, or `uri` in its place. Says nothing yet about what the file holds.
    init(path: String, uri: String? = nil, flags: Int32) throws(StoreError) {
        self.path = path
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(
            uri ?? path, &opened,
            flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | (uri == nil ? 0 : SQLITE_OPEN_URI), nil)
        guard code == SQLITE_OK, let opened else {
            let message = opened.map { String(cString: sqlite3_errmsg($0)) } ?? "out of memory"
            let system = opened.map { sqlite3_system_errno($0) } ?? ENOMEM
            sqlite3_close_v2(opened)
            throw .cannotOpen(path: path, errno: system, .init(code: code, message: message))
        }
        handle = opened
    }

    deinit { close() }

    /// Ends the connection; it must not be used any more.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        guard !isBroken else { return }
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// The statement of a literal, prepared once for the connection's life.
    func statement(_ sql: StaticString) throws(StoreError) -> SQLiteStatement {
        if let statement = statements[sql.utf8Start] { return statement }
        let statement = try prepare(sql.description, persistent: true)
        statements[sql.utf8Start] = statement
        return statement
    }

    /// A statement for one use.
    func prepare(_ sql: String, persistent: Bool = false) throws(StoreError) -> SQLiteStatement {
        precondition(!isClosed, "`\(sql)` on a closed journal")
        var prepared: OpaquePointer?
        let flags = persistent ? UInt32(SQLITE_PREPARE_PERSISTENT) : 0
        let code = sqlite3_prepare_v3(handle, sql, -1, flags, &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw error(code, sql) }
        return SQLiteStatement(prepared, connection: self)
    }

    /// Runs statements whose rows are of no interest.
    func execute(_ sql: String) throws(StoreError) {
        precondition(!isClosed, "`\(sql)` on a closed journal")
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw error(code, sql) }
    }

    /// The single value of a pragma or query.
    func integer(_ sql: String) throws(StoreError) -> Int64 {
        let statement = try prepare(sql)
        let value = try statement.step() ? statement.integer() : 0
        statement.reset()
        return value
    }

    /// Runs `body` in one transaction: committed when it returns, rolled back when it throws.
    func transaction<Value>(
        _ begin: StaticString, step: DurableStep?, _ body: () throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        try pass(step, .before)
        try statement(begin).run()
        do throws(StoreError) {
            let value = try body()
            try pass(step, .between)
            try statement("COMMIT").run()
            try pass(step, .after)
            return value
        } catch {
            // A full disk or a failed write may already have ended the transaction.
            if isInTransaction, !isBroken { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    /// A fail point; the fault a test asked for comes as the error SQLite would give.
    func pass(_ step: DurableStep?, _ moment: FailPoint.Moment) throws(StoreError) {
        do throws(SystemError) { try FailPoint.pass(step, moment) } catch {
            let code = error.code == ENOSPC ? SQLITE_FULL : SQLITE_IOERR
            let evidence = StoreError.Evidence(code: code, message: error.description)
            if code == SQLITE_FULL { throw .diskFull(path: path, evidence) }
            isBroken = true
            throw .inputOutput(path: path, evidence)
        }
    }

    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }
    /// How many rows the last statement changed.
    var changes: Int32 { sqlite3_changes(handle) }
    /// The key of the row inserted last.
    var insertedRow: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Gives back the cached pages that nothing needs at present.
    func releaseMemory() { _ = sqlite3_db_release_memory(handle) }

    func setBusyTimeout(milliseconds: Int32) { sqlite3_busy_timeout(handle, milliseconds) }

    /// Turns a result code into the error it stands for, with SQLite's own words.
    func error(_ code: Int32, _ sql: String?) -> StoreError {
        let evidence = StoreError.Evidence(
            code: sqlite3_extended_errcode(handle), message: String(cString: sqlite3_errmsg(handle)),
            statement: sql)
        switch code & 0xFF {
        case SQLITE_FULL: return .diskFull(path: path, evidence)
        case SQLITE_BUSY, SQLITE_LOCKED: return .locked(path: path, evidence)
        case SQLITE_CORRUPT: return .corrupt(path: path, evidence)
        case SQLITE_NOTADB: return .notADatabase(path: path, evidence)
        case SQLITE_READONLY: return .readOnly(path: path, evidence)
        case SQLITE_CANTOPEN:
            return .cannotOpen(path: path, errno: sqlite3_system_errno(handle), evidence)
        case SQLITE_IOERR:
            let system = sqlite3_system_errno(handle)
            // A quota and a file size limit are full disks under another name.
            if system == ENOSPC || system == EDQUOT || system == EFBIG {
                return .diskFull(path: path, evidence)
            }
            isBroken = true
            return .inputOutput(path: path, evidence)
        default: return .refused(path: path, evidence)
        }
    }
}

/// A prepared statement. Values are put in the order of its parameters and taken in the order of its columns,
/// so no index is written anywhere.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private unowned let connection: SQLiteConnection
    private var parameter: Int32 = 0
    private var column: Int32 = 0

    init(_ handle: OpaquePointer, connection: SQLiteConnection) {
        self.handle = handle
        self.connection = connection
    }

    deinit { sqlite3_finalize(handle) }

    // MARK: Parameters, in order

    func put(_ value: Int64) {
        parameter += 1
        check(sqlite3_bind_int64(handle, parameter, value))
    }

    func put(_ value: Int64?) {
        if let value { put(value) } else { putNull() }
    }

    func put(_ value: Int) { put(Int64(value)) }

    func put(_ value: Bool) { put(value ? 1 : 0) }

    func put(_ value: String) {
        parameter += 1
        var value = value
        let code = value.withUTF8 { bytes in
            // An empty buffer may have no address, and a null pointer would be bound as NULL.
            bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(
                    handle, parameter, $0.baseAddress ?? Self.nothing, Int32($0.count), transient)
            }
        }
        check(code)
    }

    func put(_ value: String?) {
        if let value { put(value) } else { putNull() }
    }

    /// UTF-8 that stays where it is until the statement has run.
    func put(unowned bytes: UnsafeBufferPointer<UInt8>) {
        parameter += 1
        let code = bytes.withMemoryRebound(to: CChar.self) {
            sqlite3_bind_text(handle, parameter, $0.baseAddress ?? Self.nothing, Int32($0.count), nil)
        }
        check(code)
    }

    private func putNull() {
        parameter += 1
        check(sqlite3_bind_null(handle, parameter))
    }

    /// Binding fails only for a wrong index, or without memory.
    private func check(_ code: Int32) {
        precondition(code == SQLITE_OK, "cannot bind parameter \(parameter) of `\(sql)`: code \(code)")
    }

    // MARK: Running

    /// Goes to the next row. False: there is none, and the statement is reset.
    func step() throws(StoreError) -> Bool {
        column = 0
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE:
            reset()
            return false
        default:
            // The error must be read before the reset forgets its words.
            let error = connection.error(code, sql)
            reset()
            throw error
        }
    }

    /// Runs to the end.
    func run() throws(StoreError) {
        while try step() {}
    }

    /// Makes the statement ready for its next use.
    func reset() {
        parameter = 0
        column = 0
        sqlite3_reset(handle)
    }

    // MARK: Columns, in order

    func integer() -> Int64 {
        defer { column += 1 }
        return sqlite3_column_int64(handle, column)
    }

    func optionalInteger() -> Int64? {
        if sqlite3_column_type(handle, column) == SQLITE_NULL {
            column += 1
            return nil
        }
        return integer()
    }

    func text() -> String { String(decoding: buffer(), as: UTF8.self) }

    func bytes() -> [UInt8] { Array(buffer()) }

    func optionalText() -> String? {
        if sqlite3_column_type(handle, column) == SQLITE_NULL {
            column += 1
            return nil
        }
        return text()
    }

    private func buffer() -> UnsafeBufferPointer<UInt8> {
        defer { column += 1 }
        let start = sqlite3_column_text(handle, column)
        return UnsafeBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    }

    private var sql: String { String(cString: sqlite3_sql(handle)) }

    /// `SQLITE_TRANSIENT`, a cast that Swift does not import: SQLite copies the text.
    private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    /// The address of an empty text.
    private nonisolated(unsafe) static let nothing = UnsafePointer<CChar>(
        UnsafeMutablePointer<CChar>.allocate(capacity: 1))
}
