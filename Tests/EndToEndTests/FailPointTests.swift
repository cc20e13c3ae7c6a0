import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The coordinator dies at a named step, as `COORD_FAILPOINT` asks, and is resumed. `bench/torture` visits
/// every step; here stand the rows of the fault table.
@Suite("A death at each kind of step")
struct FailPointTests {
    private static let mission = """
        "limits": { "maxConcurrency": 2, "maxAttempts": 5 },
        "merge": { "gate": ["test -f README.md"] },
        "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x", "deps": ["a"] } ]
        """
    /// The first agent that comes to its end at `a` fails, so that the next is told why.
    private static let script = """
        echo "$COORD_TASK $COORD_ATTEMPT" > "$COORD_TASK.txt"
        [ "$COORD_TASK" = b ] || [ -e "$ROOT/failed" ] || { : > "$ROOT/failed"; exit 1; }
        """

    @Test(
        "nothing is lost and nothing lands twice, wherever the coordinator dies",
        arguments: [
            ("C1: the run is not recorded", "journal-append.before"),
            ("C2: a run is recorded, and nobody was told", "journal-append.after"),
            ("C3: a worker was to be started", "worker-start.before"),
            ("C4: a worker was started, its pid not recorded", "worker-start.after:2"),
            ("C3: a lease is recorded, its worktree not begun", "slot-note.before"),
            ("C7: a task was handed to its worker", "assignment.after"),
            ("C6: work is being taken over", "snapshot-objects.between"),
            ("C6: work is taken over, and not recorded", "attempt-branch.after:3"),
            ("C8: while a note for the next attempt is written", "handoff-in.between"),
            ("C9: the candidate is built, not recorded", "candidate-objects.after:2"),
            ("C11: the gate's verdict is recorded, the target not moved", "landing-note.before"),
            ("C11: the checkout is moved, the target not", "checkout-move.after"),
            ("C12: the target is moved, the journal not", "target-move.after"),
            ("C13: landed, the note of it left behind", "landing-note.before:2"),
            ("C14: while a worktree is made", "worktree-reset.between"),
            ("C14: a worktree is half made", "worktree-entry.between:3"),
            ("C15: in the journal's first migration", "journal-schema.between"),
            ("C5: unfinished work is being kept", "rescue-reference.between"),
            ("the hub is being made", "hub-making.between:2"),
        ])
    func dies(row: String, point: String) throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.mission)
        let agent = try stand.agent(Self.script)
        let dead = try stand.coord(
            ["run", mission, "--agent", agent], with: ["COORD_FAILPOINT": point])
        #expect(dead.status == 1000 + SIGKILL, "\(row): never came to \(point): \(dead)")
        var answer = try stand.coord("run", "--resume")
        if answer.status == 2 {
            #expect(answer.speech.contains("no mission has run"), "\(row): \(answer)")
            answer = try stand.coord("run", mission, "--agent", agent)
        }
        #expect(answer.status == 0, "\(row): \(answer)")
        let landed = try stand.chain().map { try stand.trailer("Coord-Task", of: $0) }
        #expect(landed == ["a", "b"], "\(row)")
        #expect(try stand.git("status", "--porcelain", "--untracked-files=no").isEmpty, "\(row)")
        #expect(try stand.git("fsck", "--no-dangling", "--no-progress").isEmpty, "\(row)")
        let hub = stand.project + "/.coord/state/hub.git"
        let kept = try stand.git("for-each-ref", "--format=%(refname)", "refs/coord/rescue", in: hub)
        #expect(kept.contains("/a/"), "\(row): what the failed attempt left is gone")
    }

    @Test("a second death, during recovery, changes nothing")
    func twice() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.mission)
        let agent = try stand.agent(Self.script)
        var answer = try stand.coord(
            ["run", mission, "--agent", agent], with: ["COORD_FAILPOINT": "checkout-move.after"])
        for point in [
            "landing-note.before", "checkout-move.before", "checkout-move.after", "journal-append.before",
            "journal-append.after", "rescue-objects.between", "target-move.before", "target-move.after",
        ] where answer.status == 1000 + SIGKILL {
            answer = try stand.coord(["run", "--resume"], with: ["COORD_FAILPOINT": point])
        }
        if answer.status != 0 { answer = try stand.coord("run", "--resume") }
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.chain().map { try stand.trailer("Coord-Task", of: $0) } == ["a", "b"])
        #expect(try stand.git("status", "--porcelain", "--untracked-files=no").isEmpty)
    }

    @Test("a name that is no fail point is refused: a test that kills nothing proves nothing")
    func wrongName() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.mission)
        let agent = try stand.agent(Self.script)
        for text in ["nothing.before", "report.sideways", "report.before:0", "report.before=EWHAT"] {
            let answer = try stand.coord(["run", mission, "--agent", agent], with: ["COORD_FAILPOINT": text])
            #expect(answer.status == 2 && answer.speech.contains("is no fail point"), "\(answer)")
        }
    }
}
