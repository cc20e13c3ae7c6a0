import CoordCore
import CoordModel
import Testing

@testable import CoordStore

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// States of a power cut that are looked at; `COORD_POWER_CUTS=n` looks at so many.
private let powerCuts = getenv("COORD_POWER_CUTS").flatMap { Int(String(cString: $0)) } ?? 250

/// The journal on a disk that fails, and after the power was cut.
@Suite("The journal on a bad disk", .serialized)
struct DiskFaultTests {
    private static let run = StoreContract.runID
    /// What `work` appends when nothing fails.
    private static let all: Int64 = 24

    private func batch(_ first: Int64, facts count: Int) -> StoreBatch {
        StoreBatch(
            run: Self.run, firstSequence: first,
            facts: (0..<count).map { StoreContract.fact(.taskReady("t"), after: first + Int64($0)) },
            record: first == 1 ? StoreContract.record() : nil,
            tasks: (0..<count).map { StoreContract.fullTask(Int(first) + $0) })
    }

    /// Appends and copies the log into the database, now and then; answers how many facts were taken.
    private func work(
        _ store: SQLiteStore, _ acknowledged: inout Int64, noted: (Int64) -> Void = { _ in }
    ) throws(StoreError) {
        for round in 0..<6 {
            let count = [1, 3, 8][round % 3]
            try store.append(batch(acknowledged + 1, facts: count))
            acknowledged += Int64(count)
            noted(acknowledged)
            if round == 3 { try store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)") }
        }
    }

    /// All that was acknowledged is there, without a gap, and the file is whole.
    private func expectWhole(
        _ path: String, acknowledged: Int64, _ what: @autoclosure () -> String
    ) throws {
        let store = try SQLiteStore(path: path, mode: .readWrite)
        let last = try store.lastSequence(Self.run)
        #expect(last >= acknowledged, "\(what()): \(last) of \(acknowledged)")
        let numbers = try store.facts(Self.run, after: 0, limit: 1000).map(\.sequence)
        #expect(numbers == Array(1..<(last + 1)), "\(what())")
        #expect(try store.tasks(Self.run, .all).count == Int(last), "\(what())")
        let damage = "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
        #expect(try store.connection.integer(damage) == 0, "\(what())")
    }

    @Test(
        "D4: whichever write, sync or truncation fails, it is an error, and what was acknowledged stays",
        arguments: DiskFault.allCases)
    func everyStep(fault: DiskFault) throws {
        var number = 0
        var isReached = true
        while isReached {
            // One file system call fails like the other: the fuller faults are tried at every fifth.
            number += fault == .error ? 1 : 5
            let folder = try TemporaryFolder()
            let path = folder.path + "/state.db"
            var acknowledged: Int64 = 0
            var failure: StoreError?
            isReached = FaultyDisk.withFault(fault, at: number, in: folder.path) {
                do throws(StoreError) {
                    let store = try SQLiteStore(path: path, mode: .readWrite)
                    defer { store.close() }
                    try work(store, &acknowledged)
                } catch { failure = error }
            }
            // Of what fails while the journal is closed nobody is told: the log stays and is whole.
            #expect(isReached || failure == nil, "step \(number)")
            #expect(acknowledged == Self.all || failure != nil, "step \(number)")
            try expectWhole(path, acknowledged: acknowledged, "\(fault) at step \(number)")
        }
        #expect(number > 50)
    }

    @Test("C23: whenever the power is cut, what was acknowledged is there")
    func powerCut() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/state.db"
        var marks: [(steps: Int, acknowledged: Int64)] = []
        var durable: [String: [UInt8]] = [:]
        let steps = try FaultyDisk.recording(folder.path) { stepsSoFar in
            let store = try SQLiteStore(path: path, mode: .readWrite)
            marks.append((stepsSoFar(), 0))
            var acknowledged: Int64 = 0
            try work(store, &acknowledged) { marks.append((stepsSoFar(), $0)) }
        }
        // Before it was made there is no journal to lose.
        let begin = marks[0].steps
        var pending: [DiskStep] = []
        // Logs whose names are on the disk.
        var named: Set<String> = []
        var chance = SeededGenerator(seed: 7)
        let each = max(1, powerCuts / (steps.count - begin))
        var states = 0
        for (number, step) in steps.enumerated() {
            switch step.kind {
            case .sync:
                for done in pending where done.path == step.path { Self.apply(done, to: &durable, upTo: 1) }
                pending.removeAll { $0.path == step.path }
                // SQLite syncs the folder with a new log, and so all that was deleted before.
                if step.path.contains("-"), named.insert(step.path).inserted {
                    for case let done in pending {
                        if case .delete = done.kind { durable[done.path] = nil }
                    }
                    pending.removeAll { if case .delete = $0.kind { true } else { false } }
                }
            case .delete(isDurable: true):
                pending.removeAll { $0.path == step.path }
                durable[step.path] = nil
                named.remove(step.path)
            case .write, .truncate, .delete: pending.append(step)
            }
            guard number >= begin else { continue }
            let acknowledged = marks.last { $0.steps <= number + 1 }?.acknowledged ?? 0
            for _ in 0..<each {
                var disk = durable
                // Any of what was not synced may have come to the disk, and any part of it.
                for step in pending {
                    switch Int.random(in: 0..<4, using: &chance) {
                    case 0: continue
                    case 1:
                        Self.apply(step, to: &disk, upTo: Double(Int.random(in: 0...8, using: &chance)) / 8)
                    default: Self.apply(step, to: &disk, upTo: 1)
                    }
                }
                let image = try TemporaryFolder()
                for (path, bytes) in disk {
                    try image.write(bytes, to: String(path.split(separator: "/").last ?? ""))
                }
                try expectWhole(
                    image.path + "/state.db", acknowledged: acknowledged, "cut behind step \(number)")
                states += 1
            }
        }
        #expect(states >= 100)
    }

    /// - Parameter share: how much of what is written comes to the disk, in whole sectors.
    private static func apply(_ step: DiskStep, to disk: inout [String: [UInt8]], upTo share: Double) {
        var file = disk[step.path] ?? []
        switch step.kind {
        case .write(let offset, let bytes):
            let sectors = Double((bytes.count + 511) / 512) * share
            let count = min(bytes.count, Int(sectors) * 512)
            guard count > 0 else { return }
            if file.count < offset + count {
                file += [UInt8](repeating: 0, count: offset + count - file.count)
            }
            file.replaceSubrange(offset..<offset + count, with: bytes[..<count])
        case .truncate(let size):
            guard share == 1 else { return }
            if file.count > size { file.removeLast(file.count - size) }
        case .delete:
            disk[step.path] = nil
            return
        case .sync: return
        }
        disk[step.path] = file
    }
}
