import CoordJSON
import CoordModel
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A full disk, a broken disk, and too few descriptors.
@Suite("Disk and descriptors")
struct DiskTests {
    private static let tasks = """
        "limits": { "maxConcurrency": 2 },
        "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x" } ]
        """
    private static let script = "echo \"$COORD_TASK\" > \"$COORD_TASK.txt\""

    private func run(_ stand: Stand, with more: [String: String] = [:]) throws -> Answer {
        try stand.coord(
            ["run", stand.mission(Self.tasks), "--agent", stand.agent(Self.script)], with: more)
    }

    private func expectAllLanded(_ stand: Stand, _ what: String = "") throws {
        #expect(try stand.chain().map { try stand.trailer("Coord-Task", of: $0) }.sorted() == ["a", "b"])
        #expect(try stand.git("status", "--porcelain", "--untracked-files=no").isEmpty)
    }

    @Test("D1: a full disk pauses dispatch, which goes on by itself once there is room")
    func full() throws {
        let stand = try Stand()
        let answer = try run(stand, with: ["COORD_FAILPOINT": "journal-append.between:4-6=ENOSPC"])
        #expect(answer.status == 0, "\(answer)")
        #expect(answer.speech.contains("the disk is full. Nothing is lost"), "\(answer)")
        #expect(answer.speech.contains("going on"), "\(answer)")
        try expectAllLanded(stand)
        let numbers = try stand.events().compactMap { $0["seq"]?.integerValue }
        #expect(numbers == Array(1...Int64(numbers.count)))
    }

    @Test("D1: whoever does not want to wait for room presses Ctrl-C, and resumes later")
    func fullAndInterrupted() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.tasks)
        let running = try stand.start(
            ["run", mission, "--agent", stand.agent(Self.script)],
            with: ["COORD_FAILPOINT": "journal-append.between:4-1000000=ENOSPC"])
        try running.await("the disk is full")
        running.signal(SIGINT)
        let answer = running.wait()
        #expect(answer.status == 6 && answer.speech.contains("make room on the disk"), "\(answer)")
        #expect(try stand.coord("run", "--resume").status == 0)
        try expectAllLanded(stand)
    }

    @Test("D1: a run that cannot begin because the disk is full says so at once")
    func fullFromTheStart() throws {
        let stand = try Stand()
        let answer = try run(stand, with: ["COORD_FAILPOINT": "journal-append.before=ENOSPC"])
        #expect(answer.status == 6 && answer.speech.contains("the disk is full"), "\(answer)")
        #expect(try run(stand).status == 0)
        try expectAllLanded(stand)
    }

    @Test("D3: a disk that is full when files are written sends the task back, not away")
    func fullInFiles() throws {
        let stand = try Stand()
        for point in ["prompt.before", "slot-note.before", "snapshot-objects.before", "landing-note.before"] {
            let answer = try stand.coord(
                [
                    "run", stand.mission(Self.tasks, name: "m-\(point.prefix(4))"), "--agent",
                    stand.agent("echo \(point) > \"$COORD_TASK.txt\""),
                ],
                with: ["COORD_FAILPOINT": point + "=ENOSPC"])
            #expect(answer.status == 0, "\(point): \(answer)")
        }
        #expect(try stand.chain().count == 8)
    }

    @Test("D4: a failed write or sync stops the run at once, in one line, and is not tried again")
    func broken() throws {
        let stand = try Stand()
        let trace = stand.root + "/trace"
        let answer = try run(
            stand, with: ["COORD_FAILPOINT": "journal-append.between:5=EIO", "COORD_FAILPOINT_TRACE": trace])
        #expect(answer.status == 6, "\(answer)")
        #expect(answer.speech.contains("cannot read or write the journal"), "\(answer)")
        let passed = try stand.read(trace).lines
        let last = try #require(passed.lastIndex(of: "journal-append.between"))
        #expect(!passed[(last + 1)...].contains { $0.hasPrefix("journal") }, "the journal was tried again")
        #expect(try stand.coord("run", "--resume").status == 0)
        try expectAllLanded(stand)
    }

    @Test("D12: a limit on file sizes is an error and kills nobody")
    func fileSizeLimit() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.tasks)
        let agent = try stand.agent(Self.script)
        let coord = Stand.program("coord")
        let limited = try Running(
            "/bin/sh", ["-c", "ulimit -f 8; exec \"$0\" run \"$1\" --agent \"$2\"", coord, mission, agent],
            stand.environment, in: stand.project, scratch: stand.root
        ).wait()
        #expect(limited.status == 6, "\(limited)")
        #expect(limited.speech.contains("full") || limited.speech.contains("large"), "\(limited)")
        #expect(try run(stand).status == 0)
        try expectAllLanded(stand)
    }

    /// A sample; every value of `COORD_TEST_DESCRIPTORS`, such as `32-256`, when that is set.
    private static let limits: [Int] = {
        let sample = [8, 16, 20, 24, 32, 36, 39, 40, 44, 48, 56, 64, 128, 256]
        let ends = Environment.value("COORD_TEST_DESCRIPTORS")?.split(separator: "-").compactMap { Int($0) }
        return ends.map { Array(($0.first ?? 32)...($0.last ?? 256)) } ?? sample
    }()

    private static let hasReadOnlyPlaces = AttackRun.available.contains(.bubblewrap)

    @Test(
        "D5: on a read-only file system reading commands work, and what would write says why it cannot",
        .enabled(if: hasReadOnlyPlaces, "bubblewrap, which makes such a place, does not work here"))
    func readOnlyFileSystem() throws {
        let stand = try Stand()
        #expect(try run(stand).status == 0)
        func inReadOnlyPlace(_ arguments: [String]) throws -> Answer {
            try Running(
                "/bin/sh",
                ["-c", "exec bwrap --ro-bind / / --dev /dev \"$0\" \"$@\"", Stand.program("coord")]
                    + arguments,
                stand.environment, in: stand.project, scratch: stand.root
            ).wait()
        }
        for command in ["status", "tasks", "workers", "cost", "queue", "report", "runs", "rescue", "events"] {
            let answer = try inReadOnlyPlace([command, "--json"])
            #expect(answer.status == 0 && !answer.output.isEmpty, "\(answer)")
        }
        let mission = try stand.mission(Self.tasks)
        let run = try #require(try stand.document("status")["run"]?["id"]?.stringValue)
        for arguments in [["run", mission, "--agent", "command:true"], ["runs", "remove", run]] {
            let answer = try inReadOnlyPlace(arguments)
            #expect(answer.status == 6 && answer.speech.contains("Read-only file system"), "\(answer)")
        }
    }

    @Test("G10: work with an object that was cut to nothing does not land, and the repository is named")
    func emptyObject() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "limits": { "maxAttempts": 1 }, "merge": { "gate": ["true"] },
            "tasks": [ { "id": "a", "prompt": "x", "approval": true } ]
            """)
        let agent = try stand.agent("echo work > a.txt")
        #expect(try stand.coord("run", mission, "--no-input", "--agent", agent).status == 3)
        let commit = try #require(try stand.task("a")["commit"]?.stringValue)
        let blob = try stand.git("rev-parse", "\(commit):a.txt")
        let file = stand.project + "/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
        try Files.writeAtomically([], to: file)
        #expect(try stand.coord("tasks", "approve", "a").status == 0)
        let before = try stand.git("rev-parse", "main")
        let answer = try stand.coord("run", "--resume", "--no-input")
        #expect(answer.status == 1 && answer.speech.contains(stand.project + "/.git"), "\(answer)")
        #expect((answer.speech + answer.output).contains(blob), "\(answer)")
        #expect(try stand.git("rev-parse", "main") == before)
    }

    @Test("D10: a limit that may be raised is raised")
    func softLimit() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.tasks)
        let answer = try Running(
            "/bin/sh",
            [
                "-c", "ulimit -S -n 16; exec \"$0\" run \"$1\" --agent \"$2\"", Stand.program("coord"),
                mission, stand.agent(Self.script),
            ],
            stand.environment, in: stand.project, scratch: stand.root
        ).wait()
        #expect(answer.status == 0, "\(answer)")
    }

    @Test(
        "D10: with few descriptors coord works or says that it cannot; it never falls over or hangs",
        arguments: limits)
    func descriptors(limit: Int) throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.tasks)
        let agent = try stand.agent(Self.script)
        let limited = try Running(
            "/bin/sh",
            [
                "-c", "ulimit -n \(limit); exec \"$0\" run \"$1\" --agent \"$2\"", Stand.program("coord"),
                mission, agent,
            ],
            stand.environment, in: stand.project, scratch: stand.root
        ).wait()
        #expect([0, 1, 2, 6].contains(limited.status), "\(limited)")
        if limited.status != 0 { #expect(!limited.speech.isEmpty) }
        if limit < 40 {
            #expect(limited.status == 6, "\(limited)")
            #expect(limited.speech.contains("the limit is \(limit)"), "\(limited)")
        }
        guard limited.status != 0 else { return try expectAllLanded(stand) }
        // With room again, what was left undone is done.
        var answer = try stand.coord("run", "--resume")
        if answer.status == 2 { answer = try run(stand) }
        #expect(answer.status == 0 || limited.status == 1, "\(answer)")
    }

    @Test("a file in place of `.coord` is named, with what would help")
    func fileInThePlaceOfState() throws {
        let stand = try Stand()
        try stand.write(stand.project + "/.coord", "mine\n")
        let answer = try run(stand)
        #expect(answer.status == 2 || answer.status == 6)
        #expect(answer.speech.contains("/.coord`") && answer.speech.contains("hint:"), "\(answer)")
        #expect(try stand.read(stand.project + "/.coord") == "mine\n")
    }
}
