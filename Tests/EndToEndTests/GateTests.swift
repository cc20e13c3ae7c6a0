import CoordJSON
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The gate as a real process: it hangs, floods, is overtaken by a person's commit, or outlives the
/// coordinator.
@Suite("The gate")
struct GateTests {
    /// Tells its process and holds until the file `go` is in the tree it tests.
    private static func holding(_ stand: Stand) -> String {
        "\"gate\": [\"echo $$ > '\(stand.root)/gates'; [ -e go ] || read x < '\(stand.root)/hold'\"]"
    }

    private static let task = "\"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]"

    @Test("a person's commit during the gate ends that gate and starts one on both, at once")
    func overtaken() throws {
        let stand = try Stand()
        let gates = try Fifo(stand.root + "/gates")
        let hold = try Fifo(stand.root + "/hold")
        let mission = try stand.mission("\"merge\": { \(Self.holding(stand)) }, \(Self.task)")
        let run = try stand.start(["run", mission, "--agent", stand.agent("echo new > a.txt")])
        let first = try ProcessWatch(gates.line())
        try stand.write(stand.project + "/go", "go\n")
        try stand.git("add", "go")
        try stand.git("-c", "user.name=Jane Doe", "commit", "-q", "-m", "By hand")
        // Nobody lets the first gate go on.
        _ = try gates.line()
        #expect(first.hasEnded())
        let answer = run.wait()
        #expect(answer.status == 0, "\(answer)")
        withExtendedLifetime(hold) {}
        let moves = try stand.events("target.moved")
        #expect(moves.count == 1 && moves.first?["data"]?["by"] == "Jane Doe", "\(moves)")
        #expect(try stand.events("landing.delayed").isEmpty)
        let files = try stand.git("ls-tree", "--name-only", "main").lines
        #expect(files.contains("go") && files.contains("a.txt"))
        #expect(try stand.document("audit")["findings"] == [])
    }

    @Test(
        "a gate that floods its output and hangs is ended at its limit with all it started; the end is kept")
    func floods() throws {
        let stand = try Stand()
        let pids = try Fifo(stand.root + "/pids")
        try stand.write(
            "gate.sh",
            """
            setsid sh -c 'trap "" TERM; echo $$ > "\(stand.root)/pids"; while :; do sleep 60; done' &
            i=0; while [ $i -lt 20000 ]; do echo "line $i of a flood"; i=$((i+1)); done
            echo the last words
            wait; wait
            """)
        let mission = try stand.mission(
            """
            "limits": { "maxAttempts": 1 },
            "merge": { "gate": ["sh '\(stand.root)/gate.sh'"], "gateTimeoutSeconds": 1 }, \(Self.task)
            """)
        let run = try stand.start(["run", mission, "--agent", stand.agent("echo new > a.txt")])
        let child = try ProcessWatch(pids.line())
        let answer = run.wait()
        #expect(answer.status == 1, "\(answer)")
        #expect(child.hasEnded())
        let verdict = try #require(try stand.events("gate.finished").first?["data"])
        #expect(verdict["outcome"] == "could-not-run", "\(verdict)")
        #expect(verdict["reason"] == "time-out after 1 s")
        let tail = verdict["tail"]?.stringValue ?? ""
        #expect(tail.hasSuffix("the last words\n") && tail.utf8.count <= 4096)
        #expect(try stand.chain().isEmpty)
    }

    @Test("a gate that ran when the coordinator was killed runs once more on the same tree, and lands")
    func coordinatorKilled() throws {
        let stand = try Stand()
        let gates = try Fifo(stand.root + "/gates")
        let hold = try Fifo(stand.root + "/hold")
        let mission = try stand.mission("\"merge\": { \(Self.holding(stand)) }, \(Self.task)")
        let agent = try stand.agent("echo new > a.txt")
        let run = try stand.start(["run", mission, "--agent", agent])
        let first = try ProcessWatch(gates.line())
        run.signal(SIGKILL)
        _ = run.wait()
        let second = try stand.start(["run", mission, "--agent", agent, "--resume"])
        _ = try gates.line()
        // Two may read the one word that is said now, should the first still be there.
        #expect(first.hasEnded())
        try hold.say("go")
        let answer = second.wait()
        #expect(answer.status == 0, "\(answer)")
        let trees = try stand.events("gate.started").compactMap { $0["data"]?["tree"]?.stringValue }
        #expect(trees.count == 2 && Set(trees).count == 1, "\(trees)")
        #expect(try stand.chain().count == 1)
        #expect(try stand.git("rev-parse", "main^{tree}") == trees[0])
    }
}
