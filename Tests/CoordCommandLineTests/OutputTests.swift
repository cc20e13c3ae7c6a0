import CoordCommandLine
import CoordJSON
import CoordModel
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Output")
struct OutputTests {
    @Test("a reader that went away is a quiet success")
    func brokenPipe() throws {
        signal(SIGPIPE, SIG_IGN)
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let (read, write) = try Descriptors.makePipe()
        Descriptors.close(read)
        let output = Output(descriptor: write), speech = Output()
        let status = Program.run(
            ["events", "--json"], surroundings: fixture.surroundings(), output: output, speech: speech)
        Descriptors.close(write)
        #expect(status == .done)
        #expect(speech.text == "")
        #expect(output.isClosed)
    }

    #if os(Linux)
        @Test("a full disk behind the output is told")
        func fullDisk() throws {
            let fixture = try RunFixture()
            try fixture.recordRunInTheMiddle()
            let full = try Descriptors.open("/dev/full", O_WRONLY)
            let speech = Output()
            let status = Program.run(
                ["status"], surroundings: fixture.surroundings(), output: Output(descriptor: full),
                speech: speech)
            Descriptors.close(full)
            #expect(status == .notReachable)
            #expect(speech.text == "error: cannot write the answer: No space left on device\n")
        }
    #endif

    @Test("a report is written to a file in the form of its name")
    func reportFile() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        for (name, start) in [
            ("r.md", "# Web application"), ("r.html", "<!doctype html>"), ("r.json", "{\n"),
        ] {
            let reply = fixture.reply("report -o \(name)")
            #expect(reply.speech == "wrote `/project/\(name)`\n")
            #expect(reply.output == "")
            #expect(try Files.readText(fixture.folder + "/" + name).hasPrefix(start))
        }
        #expect(fixture.reply("report -o no/such/folder.md").status == .notReachable)
    }

    @Test("what agents wrote is text in every format of the report")
    func hostileReport() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        try fixture.record([
            (
                50_000,
                .taskFailed(
                    "api", reason: "<script>alert(1)</script> | [x](javascript:y) \u{1B}[2J", cause: nil)
            )
        ])
        let html = fixture.reply("report --format html").output
        #expect(!html.contains("<script") && html.contains("&lt;script&gt;"))
        let markdown = fixture.reply("report --format md").output
        #expect(!markdown.contains("<script") && markdown.contains("\\| \\[x\\](javascript:y)"))
        for format in ["text", "md", "html", "json"] {
            #expect(!fixture.reply("report --format \(format)").output.contains("\u{1B}"))
        }
    }

    @Test("the doctor finds what is missing, and nothing is missing that is there")
    func doctor() throws {
        let fixture = try RunFixture()
        let healthy = fixture.surroundings(environment: ["PATH": Environment.value("PATH") ?? "/usr/bin:/bin"]
        )
        let answer = try JSONParser.parse(fixture.reply("doctor --json", healthy).output)
        #expect(answer["schema"]?.stringValue == "coord.doctor/1")
        let checks = answer["checks"]?.arrayValue ?? []
        #expect(checks.count == 11)
        #expect(checks.first { $0["name"]?.stringValue == "sqlite" }?["status"]?.stringValue == "ok")
        let bare = fixture.reply("doctor", fixture.surroundings(environment: ["PATH": fixture.folder]))
        #expect(bare.status == .tasksFailed)
        #expect(bare.output.contains("missing  git          not found on PATH; coord needs 2.38 or newer\n"))
    }
}
