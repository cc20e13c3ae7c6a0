import CoordModel
import CoordRuntime
import CoordStore
import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `coord logs WORKER`: what a worker's agents said, from its transcript.
enum LogsCommand {
    private static let followIntervalMicroseconds: UInt32 = 200_000

    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try context.runReading()
        guard let name = context.arguments.first else {
            let names = try reading.workers().map(\.slot.worker.rawValue)
            throw CommandFailure(
                .wrongInput, "`coord logs` needs a WORKER",
                hint: "the run has " + Wording.list(names, atMost: 20))
        }
        let path = try path(of: name, reading)
        let follows = context.arguments.has("follow")
        if Files.kind(path) == nil, !follows {
            context.diagnostics.note("`\(name)` has said nothing yet")
            return .done
        }
        var transcript = Transcript(path: path, isRaw: context.arguments.has("raw"))
        if let lines = context.arguments.number("lines") {
            try CommandFailure.fromSystem { () throws(SystemError) in try transcript.skip(toLast: lines) }
        }
        while true {
            let isOver = follows ? try isOver(reading, context) : true
            try CommandFailure.fromSystem { () throws(SystemError) in
                try transcript.copy(to: context.output)
            }
            if isOver || context.output.isClosed { break }
            usleep(followIntervalMicroseconds)
        }
        transcript.finish(context.output)
        return .done
    }

    /// A worker's transcript, or what the coordinator of a detached run had to say.
    private static func path(of name: String, _ reading: RunReading) throws(CommandFailure) -> String {
        if name == "coordinator", let folder = DetachedRun.folder {
            let log = DetachedRun.log(of: reading.record.id, in: folder)
            if Files.kind(log) != nil { return log }
        }
        let worker = try reading.worker(name)
        return reading.state.transcript(reading.record.id, worker.slot.worker)
    }

    /// Asked before the last look, so that nothing said in between is missed.
    private static func isOver(_ reading: RunReading, _ context: CommandContext) throws(CommandFailure)
        -> Bool
    {
        let record = try reading.read { () throws(StoreError) in try reading.store.run(reading.record.id) }
        guard let record else { return true }
        return record.status.isFinal || !context.surroundings.isAlive(record.process)
    }
}

/// A growing file, passed on line by line, its control characters written out.
struct Transcript {
    private static let pieceBytes = 1 << 16
    private static let lineBytesMax = 1 << 20

    let path: String
    let isRaw: Bool
    private var offset: Int64 = 0
    private var unfinished: [UInt8] = []

    init(path: String, isRaw: Bool) {
        self.path = path
        self.isRaw = isRaw
    }

    /// Goes to where the last lines start; reads from the end, so a long file costs no more than a short one.
    mutating func skip(toLast lines: Int) throws(SystemError) {
        guard let size = Files.size(path) else { return }
        let descriptor = try Descriptors.open(path, O_RDONLY)
        defer { Descriptors.close(descriptor) }
        var position = size
        var found = 0
        offset = 0
        while position > 0 {
            let start = max(0, position - Int64(Self.pieceBytes))
            let piece = try Self.read(descriptor, at: start, count: Int(position - start), path)
            for index in piece.indices.reversed()
            where piece[index] == 0x0A && start + Int64(index) < size - 1 {
                found += 1
                if found == lines {
                    offset = start + Int64(index) + 1
                    return
                }
            }
            position = start
        }
        if lines == 0 { offset = size }
    }

    /// Passes on what has been written since the last call. A file that shrank was begun anew.
    mutating func copy(to output: Output) throws(SystemError) {
        guard let size = Files.size(path) else { return }
        if size < offset { offset = 0 }
        guard size > offset else { return output.flush() }
        let descriptor = try Descriptors.open(path, O_RDONLY)
        defer { Descriptors.close(descriptor) }
        while !output.isClosed {
            let piece = try Self.read(descriptor, at: offset, count: Self.pieceBytes, path)
            if piece.isEmpty { break }
            offset += Int64(piece.count)
            pass(piece, to: output)
        }
        output.flush()
    }

    /// Passes on a last line without an end.
    mutating func finish(_ output: Output) {
        guard !unfinished.isEmpty else { return }
        output.line(TerminalText.escaped(String(decoding: unfinished, as: UTF8.self)))
        unfinished = []
    }

    private mutating func pass(_ piece: [UInt8], to output: Output) {
        if isRaw { return output.write(piece) }
        unfinished += piece
        guard let end = unfinished.lastIndex(of: 0x0A) else {
            // A line without an end is passed on in pieces.
            if unfinished.count > Self.lineBytesMax { finish(output) }
            return
        }
        for line in unfinished[...end].dropLast().split(separator: 0x0A, omittingEmptySubsequences: false) {
            // The end of a line as some programs write it.
            let line = line.last == 0x0D ? line.dropLast() : line
            let text = String(decoding: line, as: UTF8.self)
            output.line(
                text.split(separator: "\t", omittingEmptySubsequences: false)
                    .map { TerminalText.escaped(String($0)) }.joined(separator: "\t"))
        }
        unfinished.removeSubrange(...end)
    }

    private static func read(
        _ descriptor: Int32, at offset: Int64, count: Int, _ path: String
    ) throws(SystemError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let result = pread(descriptor, buffer.baseAddress, count, off_t(offset))
            if result < 0 { code = errno }
            initialized = max(0, result)
        }
        guard code == 0 else { throw SystemError(operation: "read", path: path, code: code) }
        return bytes
    }
}
