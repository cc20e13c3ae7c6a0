import CoordJSON
import Testing

@Suite("The budget of a run")
struct BudgetTests {
    @Test("Usage past the budget ends the run with exit status 5, its reason, and nothing at work")
    func exhausted() throws {
        let stand = try Stand()
        let pids = try Fifo(stand.root + "/pids")
        let hold = try Fifo(stand.root + "/hold")
        let mission = try stand.mission(
            """
            "limits": { "budgetUSD": 1, "maxConcurrency": 2 },
            "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x" },
                       { "id": "c", "prompt": "x", "deps": ["a"] } ]
            """)
        let agent = try stand.agent(
            """
            echo $$ > "$ROOT/pids"
            read line < "$ROOT/hold"
            echo "work of $COORD_TASK" > "$COORD_TASK.txt"
            echo '{"coord":"usage","model":"m","inputTokens":1,"costUSD":0.85,"id":"'$COORD_TASK-1'"}'
            read line < "$ROOT/hold"
            echo '{"coord":"usage","model":"m","inputTokens":1,"costUSD":0.3,"id":"'$COORD_TASK-2'"}'
            read line < "$ROOT/hold"
            """)
        let run = try stand.start(["run", mission, "--agent", agent])
        let agents = try [ProcessWatch(pids.line()), ProcessWatch(pids.line())]
        let events = try EventStream(stand)
        try hold.say("spend")
        try events.await("budget.warned")
        try hold.say("spend")
        let answer = run.wait()
        #expect(answer.status == 5, "\(answer)")
        for agent in agents { #expect(agent.hasEnded()) }
        let status = try stand.document("status")
        #expect(status["run"]?["reason"]?.stringValue?.contains("budget") == true, "\(status)")
        #expect(status["run"]?["exitStatus"]?.integerValue == 5)
        #expect(status["progress"]?["inProgress"]?.integerValue == 0)
        #expect(try stand.events("budget.warned").count == 1)
        #expect(try stand.events("budget.exhausted").count == 1)
        #expect(try stand.events("work.rescued").count >= 1)
        #expect(try stand.chain().isEmpty)
    }
}
