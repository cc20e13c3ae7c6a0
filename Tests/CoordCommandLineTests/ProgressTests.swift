import CoordCommandLine
import CoordModel
import CoordRuntime
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Live area")
struct LiveAreaTests {
    @Test("each picture takes the place of the last, and what scrolls by stays above")
    func redraw() {
        var terminal = TestTerminal(columns: 20, rows: 10)
        var area = LiveArea()
        terminal.write("$ coord run\n")
        terminal.write(area.frame(["one", "two", "three"], columns: 20))
        #expect(terminal.text == ["$ coord run", "one", "two", "three"])
        terminal.write(area.frame(["ONE", "two"], columns: 20, above: ["landed a", "landed b"]))
        #expect(terminal.text == ["$ coord run", "landed a", "landed b", "ONE", "two"])
        terminal.write(area.frame(["x"], columns: 20))
        #expect(terminal.text == ["$ coord run", "landed a", "landed b", "x"])
        terminal.write(area.clear(columns: 20) + "receipt\n")
        #expect(terminal.text == ["$ coord run", "landed a", "landed b", "receipt"])
        #expect(terminal.cursorIsShown)
    }

    @Test("nothing is left behind when the window becomes narrower or wider", arguments: [7, 10, 15, 19, 40])
    func resize(columns: Int) {
        var terminal = TestTerminal(columns: 20, rows: 10)
        var area = LiveArea()
        terminal.write("above\n")
        terminal.write(area.frame(["a line of 18 chars", "short", "another one of 21"], columns: 20))
        terminal.resize(columns: columns)
        terminal.write(area.frame(["new", "picture"].map { String($0.prefix(columns)) }, columns: columns))
        #expect(terminal.text.prefix(1) == ["above"])
        #expect(terminal.text.suffix(2) == ["new", "picture"])
        #expect(terminal.text.count == 3)
    }

    @Test("what stays may be wider than the window: it is broken, not cut")
    func longLines() {
        var terminal = TestTerminal(columns: 5, rows: 10)
        var area = LiveArea()
        terminal.write(area.frame(["old 1", "old 2", "old 3"], columns: 5))
        terminal.write(area.frame(["new"], columns: 5, above: ["1234567", "12345"]))
        #expect(terminal.text == ["12345", "67", "12345", "new"])
    }

    @Test("a line wider than the window is cut by the terminal, never broken")
    func tooWide() {
        var terminal = TestTerminal(columns: 5, rows: 10)
        var area = LiveArea()
        terminal.write(area.frame(["1234567890"], columns: 5))
        #expect(terminal.text == ["12345"])
    }
}

@Suite("Progress")
struct ProgressTests {
    private func model(upTo milliseconds: Int64 = .max) throws -> ProgressModel {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        var model = ProgressModel()
        let end = RunFixture.start.milliseconds
        for fact in fixture.facts where fact.time.milliseconds - end <= milliseconds { model.apply(fact) }
        return model
    }

    @Test("the counts follow the facts")
    func counts() throws {
        let model = try model()
        #expect(model.total == 5)
        #expect(
            model.counts.filter { $0.value != 0 } == [
                .landed: 1, .leased: 1, .checking: 1, .waiting: 1, .failed: 1,
            ])
        #expect(model.activities == ["backend-1": "bash make api-test"])
    }

    @Test("a run taken up again is shown as it stands")
    func resumed() throws {
        let before = try model()
        let run = try #require(before.run)
        let tasks = ["schema", "api", "page", "docs", "lint"].compactMap { before.task(TaskID($0)) }
        let after = ProgressModel(run: run, tasks: tasks, workers: before.workers)
        #expect(after.counts == before.counts.filter { $0.value != 0 })
    }

    @Test("the picture", arguments: [(120, 24), (80, 24), (40, 24), (80, 5), (24, 24)])
    func picture(columns: Int, rows: Int) throws {
        var text = ""
        for seconds: Int64 in [0, 2, 5, 20, 42] {
            let model = try model(upTo: seconds * 1000)
            let lines = ProgressView.lines(
                model, columns: columns, rows: rows, style: .plain, at: RunFixture.start + .seconds(seconds))
            for line in lines { #expect(TerminalText.width(line) < columns, "\(line)") }
            #expect(lines.count <= rows - 1)
            text += "after \(seconds) s\n" + lines.map { $0 + "\n" }.joined() + "\n"
        }
        try GoldenFiles.expect("progress/picture-\(columns)x\(rows)", text)
    }

    @Test("a picture keeps its width whatever agents say")
    func awkward() throws {
        var model = try model()
        let lease = Lease(task: "api", attempt: 1)
        for text in [
            "漢字漢字漢字漢字漢字漢字漢字漢字", "👩\u{200D}🔬 \u{1B}[2J\u{202E}\n\n", String(repeating: "x", count: 5000),
        ] {
            model.apply(Fact(time: RunFixture.start, body: .progressReported(lease, text: text)))
            for columns in [20, 33, 80] {
                let lines = ProgressView.lines(
                    model, columns: columns, rows: 24, style: Style(depth: .direct), at: RunFixture.start)
                for line in lines {
                    #expect(TerminalText.visibleWidth(line) < columns)
                    #expect(
                        !line.contains("\n") && !line.contains("\u{202E}") && !line.contains("[2J")
                            || line.contains("\\u{1B}[2J"))
                }
            }
        }
    }

    @Test("the lines that scroll by", arguments: [true, false])
    func lines(isDetailed: Bool) throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        try fixture.recordEnd()
        var model = ProgressModel()
        var text = ""
        for fact in fixture.facts {
            model.apply(fact)
            let line = ProgressLine.text(fact, model, isDetailed: isDetailed, style: .plain)
            if let line { text += line + "\n" }
        }
        try GoldenFiles.expect("progress/lines-\(isDetailed ? "detailed" : "short")", text)
    }

    @Test("the receipt")
    func receipt() throws {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        try fixture.recordEnd()
        let output = Output(), speech = Output()
        let context = CommandContext(
            arguments: LowArguments(), output: output, diagnostics: Diagnostics(speech),
            surroundings: fixture.surroundings(seconds: 45), style: .plain)
        let report = try Report(context.runReading(), at: context.now)
        let text = Receipt.text(report, file: fixture.state.root + "/reports/r.md", style: .plain)
        try GoldenFiles.expect("progress/receipt", text.replacing(fixture.folder, with: "/project"))
    }

    // MARK: The reporter

    private func shown(_ mode: ProgressReporter.Mode) throws -> String {
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let (read, write) = try Descriptors.makePipe()
        let reporter = try ProgressReporter(
            mode: mode, style: .plain, surroundings: fixture.surroundings(columns: 60), descriptor: write)
        for fact in fixture.facts { reporter.note([fact]) }
        reporter.say("stopping politely; once more to stop now")
        reporter.finish()
        Descriptors.close(write)
        defer { Descriptors.close(read) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = recvAll(read, &buffer), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func recvAll(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
        read(descriptor, &buffer, buffer.count)
    }

    @Test("without a terminal every line comes, in order, and nothing else")
    func plainLines() throws {
        let text = try shown(.lines)
        #expect(!text.contains("\u{1B}"))
        let lines = text.split(separator: "\n")
        #expect(lines.first?.hasSuffix("Web application: 3 workers, lands on `main`, agent claude") ?? false)
        #expect(lines.last == "stopping politely; once more to stop now")
        #expect(lines.contains { $0.contains("✓ schema landed as 4a4a4a4a4a4a") })
    }

    @Test("on a terminal the picture is gone at the end and the lines stay")
    func picture() throws {
        var terminal = TestTerminal(columns: 60, rows: 24)
        terminal.write(try shown(.picture))
        #expect(terminal.cursorIsShown)
        #expect(terminal.text.last == "stopping politely; once more to stop now")
        #expect(!terminal.text.contains { $0.contains("● backend-1   api") })
        #expect(terminal.text.contains { $0.contains("✓ schema landed") })
    }

    @Test("silent is silent")
    func silent() throws { #expect(try shown(.silent) == "") }

    @Test("a reader that went away does not stop anybody")
    func closedReader() throws {
        signal(SIGPIPE, SIG_IGN)
        let fixture = try RunFixture()
        try fixture.recordRunInTheMiddle()
        let (read, write) = try Descriptors.makePipe()
        Descriptors.close(read)
        defer { Descriptors.close(write) }
        let reporter = try ProgressReporter(
            mode: .lines, style: .plain, surroundings: fixture.surroundings(), descriptor: write)
        for fact in fixture.facts { reporter.note([fact]) }
        reporter.finish()
    }
}
