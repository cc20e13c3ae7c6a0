import CoordModel
import CoordSystem
import Testing

@testable import CoordWorker

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Transcript")
struct TranscriptTests {
    private func write(_ transcript: Transcript, _ text: String) {
        Array(text.utf8).withUnsafeBytes { transcript.append($0) }
    }

    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = try Files.temporaryFolder(prefix: "coord-transcript-test-")
        // What cannot be removed stays for the next cleaning of the temporary folder.
        defer { try? Files.removeTree(folder) }
        try body(folder)
    }

    @Test("the file ends at its limit, also over several attempts, and the tail goes on")
    func limit() throws {
        try inFolder { folder in
            let path = folder + "/new/api-1"
            for round in 1...3 {
                let transcript = Transcript(path: path, limitBytes: 10) { Issue.record("\($0)") }
                write(transcript, "123456")
                write(transcript, "round \(round)")
                write(transcript, "never")
                #expect(transcript.tail == "123456round \(round)never")
            }
            let text = try Files.readText(path)
            #expect(
                text.hasPrefix("123456roun\n[coord: the transcript ends here, at its limit of 10 bytes]\n"))
            #expect(!text.contains("d 1"))
        }
    }

    @Test("a note stands on a line of its own")
    func notes() {
        let transcript = Transcript(path: nil) { Issue.record("\($0)") }
        transcript.note("first")
        write(transcript, "half a line")
        transcript.note("second")
        #expect(transcript.tail == "first\nhalf a line\nsecond\n")
    }

    @Test("the tail is text of at most 4 KiB, whatever was said")
    func tail() {
        let transcript = Transcript(path: nil) { Issue.record("\($0)") }
        for _ in 0..<10_000 { [UInt8](repeating: 0xFF, count: 7).withUnsafeBytes { transcript.append($0) } }
        #expect(transcript.tail.utf8.count <= 4 << 10)
        #expect(transcript.tail.utf8.count > 4000)
    }

    @Test(
        "D9: a file that is taken away, moved or emptied goes on", arguments: ["removed", "moved", "emptied"])
    func taken(_ how: String) throws {
        try inFolder { folder in
            let path = folder + "/below/api-1"
            let transcript = Transcript(path: path) { Issue.record("\($0)") }
            write(transcript, "before\n")
            switch how {
            case "removed": try Files.removeTree(folder + "/below")
            case "moved": try Files.rename(path, to: path + ".1")
            default: Descriptors.close(try Descriptors.open(path, O_WRONLY | O_TRUNC))
            }
            write(transcript, "after\n")
            write(transcript, "more\n")
            let note =
                how == "emptied" ? "" : "[coord: the transcript was taken away here and begins again]\n"
            #expect(try Files.readText(path) == note + "after\nmore\n")
            if how == "moved" { #expect(try Files.readText(path + ".1") == "before\n") }
        }
    }

    @Test("a file that cannot be written is told once")
    func unwritable() throws {
        try inFolder { folder in
            try Files.write([], to: folder + "/file")
            var told: [String] = []
            let transcript = Transcript(path: folder + "/file/below") { told.append($0) }
            write(transcript, "said")
            write(transcript, " again")
            #expect(transcript.tail == "said again")
            #expect(told.count == 1)
        }
    }
}
