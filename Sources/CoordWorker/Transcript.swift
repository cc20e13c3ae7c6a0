import CoordProcess
import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Everything an agent said in one attempt: a file with a limit, and the last of it in memory.
///
/// A transcript that cannot be written does not end the work: it is told once, and the tail stays.
final class Transcript {
    static let limitBytes = 64 << 20
    static let tailBytes = 4 << 10

    private let path: String?
    private let limit: Int
    private let log: (String) -> Void
    private var descriptor: Int32 = -1
    private var written = 0
    /// How much was said, kept or not.
    private(set) var bytesSeen: UInt64 = 0
    private var lastByte: UInt8 = 0x0A
    private var tailBuffer = TailBuffer(limit: Transcript.tailBytes)

    /// Appends to the file; nil keeps the tail only.
    init(path: String?, limitBytes: Int = Transcript.limitBytes, log: @escaping (String) -> Void) {
        self.path = path
        limit = limitBytes
        self.log = log
        open()
    }

    private func open() {
        guard let path else { return }
        do throws(SystemError) {
            try Files.makeFolder(Files.parent(path))
            descriptor = try Descriptors.open(path, O_WRONLY | O_APPEND | O_CREAT)
            written = Int(Files.size(path) ?? 0)
        } catch {
            log("the transcript is not kept: \(error)")
        }
    }

    /// Goes on in a new file when somebody took the old one away, or moved it to keep it elsewhere.
    private func reopenIfTaken() {
        guard let path, descriptor >= 0, !Files.leads(path, to: descriptor) else { return }
        end()
        open()
        let note = "[coord: the transcript was taken away here and begins again]\n"
        if descriptor >= 0 { Array(note.utf8).withUnsafeBytes { write($0) } }
    }

    deinit { Descriptors.close(descriptor) }

    func append(_ bytes: UnsafeRawBufferPointer) {
        guard let last = bytes.last else { return }
        tailBuffer.append(bytes)
        bytesSeen += UInt64(bytes.count)
        lastByte = last
        reopenIfTaken()
        guard descriptor >= 0 else { return }
        let room = max(0, limit - written)
        write(UnsafeRawBufferPointer(rebasing: bytes.prefix(room)))
        if bytes.count > room {
            let note = "\n[coord: the transcript ends here, at its limit of \(limit) bytes]\n"
            Array(note.utf8).withUnsafeBytes { write($0) }
            end()
        }
    }

    /// Something was said that is not kept.
    func noteLife(_ bytes: Int) { bytesSeen += UInt64(bytes) }

    /// A line of coord's own, on a line of its own.
    func note(_ text: String) {
        let line = (lastByte == 0x0A ? "" : "\n") + text + "\n"
        Array(line.utf8).withUnsafeBytes { append($0) }
    }

    /// The last of what was said, as text; at most 4 KiB.
    var tail: String {
        // Bytes that are no text come repaired, which may make them longer.
        let text = String(decoding: tailBuffer.bytes, as: UTF8.self)
        guard text.utf8.count > Self.tailBytes else { return text }
        return AgentEventParser.prefix(text, Self.tailBytes)
    }

    private func write(_ bytes: UnsafeRawBufferPointer) {
        do throws(SystemError) {
            try Descriptors.writeAll(bytes, to: descriptor, path: path)
            written += bytes.count
        } catch {
            log("the transcript is not kept any more: \(error)")
            end()
        }
    }

    private func end() {
        Descriptors.close(descriptor)
        descriptor = -1
    }
}
