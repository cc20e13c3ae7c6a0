import CoordJSON
import CoordSystem
import Testing

/// Reviewers that are agents, with real worktrees and a real gate.
@Suite("Review of candidates by a role")
struct ReviewTests {
    private static let mission = """
        "merge": { "gate": ["true"], "review": "role:tech-lead" },
        "team": [ { "id": "dev", "role": "backend-dev" }, { "id": "lead", "role": "tech-lead" } ],
        "tasks": [ { "id": "a", "prompt": "Write the sum.", "role": "backend-dev" } ]
        """

    @Test("A reviewer sees the diff, asks for changes once, then approves; its own changes are thrown away")
    func rounds() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.mission)
        let agent = try stand.agent(
            """
            if [ "$COORD_REVIEW" = 1 ]; then
              cp "$COORD_DIFF_FILE" "$ROOT/diff.$COORD_ATTEMPT"; cp "$COORD_PROMPT_FILE" "$ROOT/prompt.$COORD_ATTEMPT"
              cat sum.txt > "$ROOT/seen.$COORD_ATTEMPT"; echo "$COORD_WORKER" > "$ROOT/by.$COORD_ATTEMPT"
              echo spoilt > sum.txt; echo left > litter.txt; git add -A; git commit -q -m "mine" || true
              if grep -q "sum 2" "$COORD_DIFF_FILE"; then
                echo '{"coord":"verdict","approve":true,"summary":"right now"}'
              else
                echo '{"coord":"verdict","approve":false,"findings":[{"file":"sum.txt","line":1,"reason":"1+1 is 2"}]}'
              fi
              exit 0
            fi
            [ -z "$COORD_HANDOFF_IN" ] || cp "$COORD_HANDOFF_IN" "$ROOT/note.$COORD_ATTEMPT"
            if [ "$COORD_ATTEMPT" = 1 ]; then echo "sum 3" > sum.txt; else echo "sum 2" > sum.txt; fi
            """)
        let answer = try stand.coord("run", mission, "--agent", agent)
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.read("by.2").trimmed == "lead-1" && stand.read("by.4").trimmed == "lead-1")
        #expect(try stand.read("seen.2") == "sum 3\n" && stand.read("seen.4") == "sum 2\n")
        #expect(try stand.read("diff.2").contains("+sum 3"))
        let prompt = try stand.read("prompt.2")
        #expect(
            prompt.contains("Write the sum.") && prompt.contains("+sum 3") && prompt.contains("review.diff"))
        #expect(try stand.read("note.3").contains("sum.txt:1: 1+1 is 2"))
        let chain = try stand.chain()
        #expect(chain.count == 1)
        #expect(try stand.trailer("Coord-Attempt", of: chain[0]) == "3")
        #expect(try stand.trailer("Coord-Worker", of: chain[0]) == "dev-1")
        #expect(try stand.git("show", "main:sum.txt") == "sum 2")
        #expect(
            try stand.git("ls-tree", "--name-only", "main").lines.map(String.init) == [
                "README.md", "sum.txt",
            ])
        #expect(try stand.events("work.rescued").isEmpty)
        let verdicts = try stand.events("review.finished").compactMap { $0["data"]?["approve"]?.boolValue }
        #expect(verdicts == [false, true])
        #expect(try stand.task("a")["attempt"]?.integerValue == 4)
    }

    @Test("A reviewer without a verdict is asked again once, then a person; so is a killed run, resumed")
    func silent() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.mission)
        let agent = try stand.agent(
            """
            if [ "$COORD_REVIEW" = 1 ]; then echo '{"coord":"verdict","approve":"perhaps"}'; exit 0; fi
            echo x > x.txt
            """)
        let run = try stand.start(["run", mission, "--agent", agent])
        try run.await("coord tasks approve a")
        #expect(try stand.events("review.finished").count == 2)
        #expect(try stand.coord("why", "a").output.contains("2 reviews came to no verdict"))
        run.signal(9)
        _ = run.wait()
        let again = try stand.start(["run", mission, "--agent", agent, "--resume"])
        try again.await("goes on")
        #expect(try stand.coord("tasks", "approve", "a").status == 0)
        #expect(again.wait().status == 0)
        #expect(try stand.chain().count == 1)
    }
}
