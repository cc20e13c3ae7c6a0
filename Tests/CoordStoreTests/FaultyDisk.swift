import CSQLite
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a file system is asked to do that changes a file.
struct DiskStep: Sendable {
    enum Kind: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
        case sync
        /// - isDurable: the folder is synced behind it.
        case delete(isDurable: Bool)
    }

    var path: String
    var kind: Kind
}

/// How a step fails.
enum DiskFault: CaseIterable, Sendable {
    /// EIO; nothing happens.
    case error
    /// ENOSPC; half of what was to be written is.
    case full
    /// EIO, this time and for ever.
    case dead
}

/// A layer below SQLite (https://www.sqlite.org/vfs.html) that notes what is done to the files of one folder
/// and lets it fail. Files elsewhere are not touched. One folder at a time.
enum FaultyDisk {
    private struct Watch {
        var folder: String
        var fault: DiskFault?
        /// The step that fails, counted from 1. Zero: none.
        var failing = 0
        var steps: [DiskStep] = []
        var isRecording = false
        var count = 0
    }

    private static let watch = Mutex<Watch?>(nil)

    private typealias Methods = UnsafePointer<sqlite3_io_methods>
    /// An open file, and what the layer below does with it: databases and logs have methods of their own.
    private struct OpenFile {
        var path: String
        var below: Methods
    }
    private struct Files {
        var open: [UnsafeMutableRawPointer: OpenFile] = [:]
        /// Our methods by those below.
        var methods: [UnsafeRawPointer: Methods] = [:]
    }
    nonisolated(unsafe) private static var files = Files()
    private static let filesLock = Mutex<Void>(())

    /// Watches a folder while `body` runs: the `failing`-th step from now on fails. Answers whether it came
    /// to that.
    static func withFault(
        _ fault: DiskFault, at failing: Int, in folder: String, _ body: () throws -> Void
    ) rethrows -> Bool {
        _ = isRegistered
        watch.withLock { $0 = Watch(folder: folder, fault: fault, failing: failing) }
        defer { watch.withLock { $0 = nil } }
        try body()
        return watch.withLock { ($0?.count ?? 0) >= failing }
    }

    /// Notes every step in a folder while `body` runs; it gets how many there were so far.
    static func recording(
        _ folder: String, _ body: (_ stepsSoFar: () -> Int) throws -> Void
    ) rethrows -> [DiskStep] {
        _ = isRegistered
        watch.withLock { $0 = Watch(folder: folder, isRecording: true) }
        defer { watch.withLock { $0 = nil } }
        try body { watch.withLock { $0?.count ?? 0 } }
        return watch.withLock { $0?.steps ?? [] }
    }

    // MARK: The layer

    nonisolated(unsafe) private static let original = sqlite3_vfs_find(nil)!
    /// Stands before the default layer from now on, in this process.
    private static let isRegistered: Bool = {
        let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        layer.initialize(to: original.pointee)
        layer.pointee.zName = UnsafePointer(strdup("coord-faulty-disk"))
        layer.pointee.xOpen = { _, name, file, flags, outFlags in
            let code = original.pointee.xOpen(original, name, file, flags, outFlags)
            if code == SQLITE_OK, let name, let file { adopt(file, String(cString: name)) }
            return code
        }
        layer.pointee.xDelete = { _, name, syncsFolder in
            let code = original.pointee.xDelete(original, name, syncsFolder)
            if code == SQLITE_OK, let name {
                note(.delete(isDurable: syncsFolder != 0), of: String(cString: name))
            }
            return code
        }
        return sqlite3_vfs_register(layer, 1) == SQLITE_OK
    }()

    private static func adopt(_ file: UnsafeMutablePointer<sqlite3_file>, _ path: String) {
        guard watch.withLock({ $0.map { path.hasPrefix($0.folder + "/") } ?? false }) else { return }
        let below: Methods = UnsafePointer(file.pointee.pMethods)
        filesLock.withLock { _ in
            if files.methods[below] == nil {
                let own = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
                own.initialize(to: below.pointee)
                own.pointee.xWrite = { FaultyDisk.write($0!, $1!, Int($2), $3) }
                own.pointee.xTruncate = { FaultyDisk.truncate($0!, $1) }
                own.pointee.xSync = { FaultyDisk.sync($0!, $1) }
                files.methods[below] = UnsafePointer(own)
            }
            files.open[file] = OpenFile(path: path, below: below)
            file.pointee.pMethods = files.methods[below]
        }
    }

    private static func path(of file: UnsafeMutablePointer<sqlite3_file>) -> String {
        filesLock.withLock { _ in files.open[file]!.path }
    }

    private static func below(_ file: UnsafeMutablePointer<sqlite3_file>) -> sqlite3_io_methods {
        filesLock.withLock { _ in files.open[file]!.below.pointee }
    }

    /// Nil: the step may be done.
    private static func fault(
        _ file: UnsafeMutablePointer<sqlite3_file>, _ kind: DiskStep.Kind
    ) -> DiskFault? {
        note(kind, of: path(of: file))
    }

    @discardableResult
    private static func note(_ kind: DiskStep.Kind, of path: String) -> DiskFault? {
        watch.withLock { watch in
            guard let folder = watch?.folder, path.hasPrefix(folder + "/") else { return nil }
            watch?.count += 1
            if watch?.isRecording == true { watch?.steps.append(DiskStep(path: path, kind: kind)) }
            guard let fault = watch?.fault, let count = watch?.count, let failing = watch?.failing else {
                return nil
            }
            return count == failing || (fault == .dead && count > failing) ? fault : nil
        }
    }

    private static func write(
        _ file: UnsafeMutablePointer<sqlite3_file>, _ data: UnsafeRawPointer, _ count: Int, _ offset: Int64
    ) -> Int32 {
        let bytes = Array(UnsafeRawBufferPointer(start: data, count: count))
        let fault = fault(file, .write(offset: Int(offset), bytes: bytes))
        let pass = below(file).xWrite!
        switch fault {
        case nil: return pass(file, data, Int32(count), offset)
        case .full:
            _ = pass(file, data, Int32(count / 2), offset)
            return SQLITE_FULL
        case .error, .dead: return Self.code(SQLITE_IOERR, 3)
        }
    }

    private static func truncate(_ file: UnsafeMutablePointer<sqlite3_file>, _ size: Int64) -> Int32 {
        fault(file, .truncate(size: Int(size))) == nil
            ? below(file).xTruncate!(file, size) : Self.code(SQLITE_IOERR, 6)
    }

    private static func sync(_ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32) -> Int32 {
        fault(file, .sync) == nil
            ? below(file).xSync!(file, flags) : Self.code(SQLITE_IOERR, 4)
    }

    /// An extended code, whose macro is not imported.
    private static func code(_ primary: Int32, _ detail: Int32) -> Int32 { primary | detail << 8 }
}
