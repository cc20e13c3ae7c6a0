import CoordJSON
import CoordSystem
import Testing

/// Two agents that change the same file, seen while both still work.
@Suite("Overlap of work under way")
struct OverlapTests {
    @Test("two agents in one file are seen, told, and untouched; the one that comes second learns why")
    func sameFile() throws {
        let stand = try Stand(files: ["f.txt": "1\n"])
        let ready = try Fifo(stand.root + "/ready")
        let gates = try ["a", "b"].map { try Fifo(stand.root + "/go-\($0)") }
        let mission = try stand.mission(
            """
            "merge": { "gate": ["true"] },
            "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "title": "The other", "prompt": "x" } ]
            """)
        let agent = try stand.agent(
            """
            if [ "$COORD_ATTEMPT" != 1 ]; then
                cp "$COORD_PROMPT_FILE" "$ROOT/second"; echo "2 $COORD_TASK" >> f.txt; exit 0
            fi
            echo "$COORD_TASK" > f.txt
            echo ready > "$ROOT/ready"
            read line < "$ROOT/go-$COORD_TASK"
            cp "$COORD_NOTES" "$ROOT/notes-$COORD_TASK"
            """)
        let run = try stand.start(
            ["run", mission, "--agent", agent, "--workers", "2"], with: ["COORD_OVERLAP_MS": "50"])
        for _ in gates { #expect(try ready.line() == "ready") }
        let worktrees = try stand.document("workers")["workers"]?.arrayValue ?? []
        let folders = worktrees.compactMap { $0["worktree"]?.stringValue }
        let before = try folders.map(traces)
        let events = try EventStream(stand)
        try events.await("overlap.found", about: "a")
        let status = try stand.document("status")
        let expected: JSONValue = [
            ["task": "a", "attempt": 1, "with": ["task": "b", "attempt": 1], "files": ["f.txt"]]
        ]
        #expect(status["collisions"] == expected)
        #expect(try stand.document("queue")["collisions"] == expected)
        #expect(try stand.coord("status").output.contains("`a` collides with `b` in `f.txt`"))
        #expect(folders.count == 2 && before.allSatisfy { !$0.isEmpty })
        #expect(try folders.map(traces) == before)
        for gate in gates { try gate.say("go") }
        let answer = run.wait()
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.read("notes-a").contains("Task `b`, The other, is being worked on now"))
        #expect(try stand.read("notes-b").contains("Task `a`"))
        #expect(try stand.read("second").contains("is being worked on now"))
        #expect(try stand.document("status")["collisions"] == [])
        #expect(try stand.events("overlap.cleared").count == 1)
        #expect(Files.kind(stand.project + "/.coord/state/trial") == nil)
    }

    /// The files of a folder with what they hold and the state of their entry in git's index.
    private func traces(_ folder: String) throws -> [String] {
        try Files.list(folder).sorted().filter { $0 != ".git" }.map { name in
            "\(name): \(try Files.readText(folder + "/" + name)) \(Files.modificationTime(folder + "/" + name) ?? 0)"
        }
    }
}
