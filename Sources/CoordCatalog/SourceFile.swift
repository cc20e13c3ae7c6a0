import CoordSystem

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads the files that people write for coord, and says in their words why one cannot be read.
enum SourceFile {
    /// What kind of file it should be, for the messages: its noun, the most bytes it may have, and what to do
    /// when it is missing or empty.
    struct Kind {
        var noun: String
        var limitBytes: Int
        var hintWhenMissing: String?
        var hintWhenEmpty: String?

        static let mission = Kind(
            noun: "mission", limitBytes: 16 << 20,
            hintWhenMissing: "`coord missions list` names the missions there are",
            hintWhenEmpty: #"A smallest mission is { "id": "hello", "tasks": [ "#
                + #"{ "id": "greet", "run": "echo hello > hello.txt" } ] }"#)
        static let role = Kind(
            noun: "role", limitBytes: 256 << 10,
            hintWhenEmpty: "The text of a role file tells the agent who it is")
        static let skill = Kind(noun: "skill", limitBytes: 1 << 20)
        static let settings = Kind(
            noun: "settings", limitBytes: 1 << 20, hintWhenEmpty: "Write `{}` at least")
        static let rehearsal = Kind(noun: "rehearsal", limitBytes: 16 << 20)
    }

    /// The bytes of the file: regular, within the limit, valid UTF-8 without a byte order mark, not empty.
    static func read(_ path: String, _ kind: Kind) throws(Diagnostic) -> [UInt8] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.read(path, limitBytes: kind.limitBytes)
        } catch {
            throw diagnostic(error, path, kind)
        }
        if let problem = encodingProblem(bytes, path, kind) { throw problem }
        return bytes
    }

    /// Why the system's refusal means this file is not what it should be.
    static func diagnostic(_ error: SystemError, _ path: String, _ kind: Kind) -> Diagnostic {
        func refuse(_ message: String, hint: String? = nil) -> Diagnostic {
            Diagnostic(file: path, message: message, hint: hint)
        }
        return switch error.code {
        case ENOENT, ENOTDIR: refuse("There is no such \(kind.noun) file", hint: kind.hintWhenMissing)
        case EISDIR: refuse("This is a folder, not a \(kind.noun) file")
        case ENXIO, ENODEV, ENOTSUP: refuse("This is a device, a socket or a pipe, not a \(kind.noun) file")
        case EFBIG:
            refuse("The \(kind.noun) file is larger than \(size(kind.limitBytes)), the most that is read")
        case EACCES, EPERM:
            refuse(
                "The \(kind.noun) file cannot be read: permission denied",
                hint: "`ls -l` shows who may read it")
        case ELOOP: refuse("The \(kind.noun) file is a link that leads back to itself")
        case ENAMETOOLONG, EINVAL: refuse("This cannot be the name of a \(kind.noun) file")
        default: refuse("The \(kind.noun) file cannot be read: \(error.reason)")
        }
    }

    /// The reason why the bytes are not plain UTF-8 text, with its place.
    static func encodingProblem(_ bytes: [UInt8], _ path: String, _ kind: Kind) -> Diagnostic? {
        func refuse(_ message: String, at position: SourcePosition? = .start, hint: String?) -> Diagnostic {
            Diagnostic(file: path, position: position, message: message, hint: hint)
        }
        if bytes.allSatisfy({ $0 == 0x20 || (0x09...0x0D).contains($0) }) {
            return refuse("The \(kind.noun) file is empty", at: nil, hint: kind.hintWhenEmpty)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            return refuse(
                "The file starts with a byte order mark", hint: "Save it as UTF-8 without a byte order mark")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            return refuse("The file is UTF-16", hint: "Save it as UTF-8")
        }
        guard let offset = firstInvalidByte(bytes) else { return nil }
        var walk = PositionWalk(bytes)
        let shown = String(bytes[offset], radix: 16)
        return refuse(
            "The file is not UTF-8: byte \(shown) cannot stand here", at: walk.position(at: offset),
            hint: "Save it as UTF-8")
    }

    private static func firstInvalidByte(_ bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { buffer in
            if String(validating: buffer, as: UTF8.self) != nil { return nil }
            var iterator = buffer.makeIterator()
            var decoder = UTF8()
            var offset = 0
            while true {
                switch decoder.decode(&iterator) {
                case .scalarValue(let scalar): offset += UTF8.width(scalar)
                case .error: return offset
                case .emptyInput: return nil
                }
            }
        }
    }

    private static func size(_ bytes: Int) -> String {
        bytes >= 1 << 20 ? "\(bytes >> 20) MiB" : "\(bytes >> 10) KiB"
    }
}
