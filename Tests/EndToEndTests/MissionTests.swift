import CoordJSON
import CoordProcess
import CoordSystem
import Testing

/// Plays the rehearsal of every mission that comes with coord: real workers, worktrees, gates and landings.
@Suite("The missions that come with coord")
struct MissionTests {
    /// What a mission's rehearsal must leave behind.
    struct Play: Sendable, CustomTestStringConvertible {
        var mission: String
        /// Tasks with a landing commit, tasks that needed no file, and what was sent back at least.
        var landed: Int
        var completed: Int
        var setbacks: Int
        /// A command that shows in a fresh clone that it works, and its output.
        var proof: String
        var output: String
        var needs: [String]
        var testDescription: String { mission }
    }

    static let plays = [
        Play(
            mission: "web-app", landed: 15, completed: 3, setbacks: 1,
            proof: "python3 -B -m unittest discover -s tests -t . 2>&1 | tail -1", output: "OK",
            needs: ["python3"]),
        Play(
            mission: "api-service", landed: 7, completed: 3, setbacks: 1,
            proof: "python3 -B -m unittest tests.test_routes 2>&1 | tail -1", output: "OK", needs: ["python3"]
        ),
        Play(
            mission: "library", landed: 6, completed: 3, setbacks: 1,
            proof: "make -s check", output: "5 tests passed", needs: ["cc", "make"]),
        Play(
            mission: "bugfix-sprint", landed: 4, completed: 2, setbacks: 1,
            proof: "printf 'd,\"a, b\",1234567.89\\r\\n' | sh bin/tally", output: "\"a, b\",1234567.89",
            needs: ["awk", "make"]),
        Play(
            mission: "refactor", landed: 4, completed: 2, setbacks: 1,
            proof: "python3 -B -c 'import shop; print(shop.price(\"5 tea 100\"), shop.freight(5))'",
            output: "1190 500", needs: ["python3", "make"]),
        Play(
            mission: "data-pipeline", landed: 5, completed: 3, setbacks: 1,
            proof: "make -s all && cat build/daily.csv", output: "2026-03-01,3954\n2026-03-02,120500",
            needs: ["awk", "make"]),
        Play(
            mission: "docs-overhaul", landed: 4, completed: 3, setbacks: 1,
            proof: "make -s check && wc -c <tests/known-wrong.txt | tr -d ' '", output: "2 tests passed\n0",
            needs: ["awk", "make"]),
        Play(
            mission: "security-audit", landed: 5, completed: 1, setbacks: 1,
            proof: "make -s check 2>&1 | tail -1", output: "OK", needs: ["python3", "make"]),
        Play(
            mission: "migration", landed: 6, completed: 2, setbacks: 1,
            proof: "make -s && printf '200\\n' | ./build/gauge 0 100 2>&1; ls src",
            output: "warning: 200 is above 100\n1 out of range\nlog.c\nlog.h\nmain.c\nrange.c\nrange.h",
            needs: ["cc", "make"]),
        Play(
            mission: "full-team", landed: 9, completed: 4, setbacks: 2,
            proof: "echo 'A tale of two cities.' >t && sh bin/reads t | head -1 && ls CHANGES.md",
            output: "words 5\nCHANGES.md", needs: ["awk", "make", "tar"]),
    ]

    private static let folder = Files.parent(Files.parent(Files.parent(#filePath))) + "/missions"

    @Test(
        "a rehearsal does real work, is held up by a gate that means it, and what lands works",
        arguments: plays)
    func rehearsal(play: Play) throws {
        guard play.needs.allSatisfy({ Executables.find($0) != nil }) else {
            print("not played: \(play.mission) needs \(play.needs)")
            return
        }
        let stand = try Stand(files: nil)
        // Seconds by itself; on a machine that builds something else beside it, more than two minutes.
        let answer = try stand.start(
            [
                "run", Self.folder + "/\(play.mission).json", "--agent", "rehearsal", "--project",
                stand.project, "--json",
            ], in: stand.root
        ).wait(atMost: 600_000)
        #expect(answer.status == 0, "\(answer)")
        let tasks = try stand.coord("tasks", "--json").json["tasks"]?.arrayValue ?? []
        let stages = tasks.compactMap { $0["stage"]?.stringValue }
        #expect(stages.count { $0 == "landed" } == play.landed, "\(stages)")
        #expect(stages.count { $0 == "completed" } == play.completed, "\(stages)")
        #expect(stages.count == play.landed + play.completed)
        #expect(try stand.chain().count == play.landed)
        #expect(try stand.events("task.retryable").count >= play.setbacks)
        // Whatever lands passed a gate that ran.
        #expect(try stand.events("gate.finished").allSatisfy { $0["data"]?["command"]?.stringValue != "" })

        let clone = stand.root + "/clone"
        try stand.git("clone", "-q", stand.project, clone, in: stand.root)
        let shown = try CommandRunner.run(
            CommandRequest(
                executable: "/bin/sh", arguments: ["-c", play.proof], environment: stand.environment,
                workingFolder: clone, timeout: .seconds(60), endsLeftovers: false))
        #expect(shown.outputText.trimmed.contains(play.output), "\(shown.outputText)\(shown.errorText)")
    }

    @Test("every mission that is there is played here")
    func whole() throws {
        let there = try Files.list(Self.folder).filter {
            $0.hasSuffix(".json") && $0 != "mission.schema.json"
        }
        #expect(Set(there) == Set(Self.plays.map { $0.mission + ".json" }))
    }

    @Test("a rehearsal that brings its own project leaves another's alone")
    func ownProject() throws {
        let stand = try Stand()
        let head = try stand.git("rev-parse", "main")
        for mission in ["refactor", "api-service"] {
            let path = Self.folder + "/\(mission).json"
            try stand.write("my project/src.txt", "mine\n")
            let answer = try stand.coord("run", path, "--agent", "rehearsal")
            #expect(answer.status == 2, "\(answer)")
            #expect(answer.speech.contains("plays on a project of its own"), "\(answer)")
        }
        #expect(try stand.git("rev-parse", "main") == head)
    }

    @Test("a rehearsal says which program is missing, before anything is made")
    func missingProgram() throws {
        let stand = try Stand(files: nil)
        let git = try #require(Executables.find("git"))
        try stand.write("bin/git", "#!/bin/sh\nexec '\(git)' \"$@\"\n", executable: true)
        let answer = try stand.coord(
            ["run", Self.folder + "/library.json", "--agent", "rehearsal", "--project", stand.project],
            in: stand.root, with: ["PATH": stand.root + "/bin"])
        #expect(answer.status == 6, "\(answer)")
        #expect(
            answer.speech.contains("needs `cc`, `make`, which this machine does not have"), "\(answer)")
        #expect(Files.kind(stand.project) == nil)
    }
}

extension Answer {
    /// The one JSON document that the command printed.
    var json: JSONValue { get throws { try JSONParser.parse(output) } }
}
