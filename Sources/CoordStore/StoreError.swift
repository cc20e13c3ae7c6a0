package import CoordModel
package import CoordWire

/// Why the journal could not be opened, read or written.
package enum StoreError: Error, Hashable, Sendable {
    /// What SQLite said: its extended result code, its words and the statement that was run. Values bound to
    /// the statement are never part of it, they may be private.
    package struct Evidence: Hashable, Sendable {
        package var code: Int32
        package var message: String
        package var statement: String?

        package init(code: Int32, message: String, statement: String? = nil) {
            self.code = code
            self.message = message
            self.statement = statement
        }
    }

    // MARK: Opening
    /// There is no journal at the path.
    case missing(path: String)
    /// The file could not be opened or made; `errno` says why when the system told.
    case cannotOpen(path: String, errno: Int32, Evidence)
    /// The file is something else.
    case notADatabase(path: String, Evidence)
    /// It is a SQLite database of another program.
    case foreign(path: String, applicationID: Int32)
    /// A newer coord made it: the names are migrations this one does not know.
    case newerSchema(path: String, unknown: [String])
    /// An older coord made it and read-only mode may not bring it up to date.
    case olderSchema(path: String, missing: [String])
    /// It was not closed properly and its folder cannot be written, so what is in its write-ahead log is out
    /// of reach.
    case needsRecovery(path: String, Evidence)

    // MARK: Reading and writing
    case diskFull(path: String, Evidence)
    /// Another process held the lock for longer than the busy time-out.
    case locked(path: String, Evidence)
    case corrupt(path: String, Evidence)
    case readOnly(path: String, Evidence)
    /// The system failed to read, write or sync. Do not write again: what is on the disk is no longer known.
    case inputOutput(path: String, Evidence)
    /// Any other refusal.
    case refused(path: String, Evidence)

    // MARK: Content
    /// Somebody else wrote to the run, or the caller lost count.
    case outOfOrder(run: RunID, expected: Int64, found: Int64)
    /// Rows or facts for a run whose record was never written.
    case unknownRun(RunID)
    /// A fact that cannot be read.
    case unreadableFact(run: RunID, sequence: Int64, FactCodecError)
    /// A row that cannot be read: a word or a value coord does not know.
    case unreadableRow(table: String, key: String, detail: String)

    /// Whether the same call may succeed later without anybody's help with coord itself.
    package var isTransient: Bool {
        switch self {
        case .diskFull, .locked: true
        default: false
        }
    }
}

extension StoreError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path): "there is no journal at `\(path)`"
        case .cannotOpen(let path, _, let evidence): "cannot open the journal `\(path)`: \(evidence)"
        case .notADatabase(let path, _): "`\(path)` is not a journal: it is no SQLite database"
        case .foreign(let path, let id):
            "`\(path)` is not a journal: it is a database of another program (application id \(id))"
        case .newerSchema(let path, let unknown):
            "the journal `\(path)` was made by a newer coord (it has \(Self.list(unknown)))"
        case .olderSchema(let path, let missing):
            "the journal `\(path)` was made by an older coord (it lacks \(Self.list(missing)))"
        case .needsRecovery(let path, _):
            "the journal `\(path)` was not closed properly and its folder cannot be written to recover it"
        case .diskFull(let path, _): "cannot write the journal `\(path)`: the disk is full"
        case .locked(let path, _): "the journal `\(path)` is locked by another process"
        case .corrupt(let path, let evidence): "the journal `\(path)` is damaged: \(evidence)"
        case .readOnly(let path, _): "the journal `\(path)` cannot be written: it is read-only"
        case .inputOutput(let path, let evidence): "cannot read or write the journal `\(path)`: \(evidence)"
        case .refused(let path, let evidence): "the journal `\(path)` refused: \(evidence)"
        case .outOfOrder(let run, let expected, let found):
            "the journal of run `\(run)` is at \(expected - 1), so fact \(found) cannot be its next"
        case .unknownRun(let run): "the journal has no run `\(run)`"
        case .unreadableFact(let run, let sequence, let error):
            "fact \(sequence) of run `\(run)` cannot be read: \(error)"
        case .unreadableRow(let table, let key, let detail):
            "row `\(key)` of `\(table)` in the journal cannot be read: \(detail)"
        }
    }

    private static func list(_ names: [String]) -> String {
        names.map { "`\($0)`" }.joined(separator: ", ")
    }
}

extension StoreError.Evidence: CustomStringConvertible {
    package var description: String {
        let words = message + " (SQLite code \(code)"
        return statement.map { words + " in `\($0)`)" } ?? words + ")"
    }
}
