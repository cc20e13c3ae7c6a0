import CoordJSON
import CoordSystem
import Testing

/// Missions without tasks, with a planner that is a real process.
@Suite("Planning by an agent")
struct PlanningTests {
    private static let mission = """
        "planning": { "role": "producer" }, "merge": { "gate": ["true"] },
        "team": [ { "id": "p", "role": "producer" },
                  { "id": "b", "role": "backend-dev", "rounds": { "atEnd": true, "max": 1 } } ]
        """

    @Test("A bad plan is refused with its reasons and asked for again; a good one is done to its end")
    func rounds() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.mission)
        let agent = try stand.agent(
            #"""
            case $COORD_TASK in
            plan)
              cp "$COORD_PROMPT_FILE" "$ROOT/prompt.$COORD_ATTEMPT"
              case $COORD_ATTEMPT in
              1) echo '{"tasks":[{"id":"a","prompt":"x","needs":["b"]}]}' >"$COORD_PLAN_OUT" ;;
              2) cp "$COORD_HANDOFF_IN" "$ROOT/note.2"
                 echo '{"coord":"task","id":"a","prompt":"x","deps":["bb"],"role":"backend-de"}' ;;
              3) cp "$COORD_HANDOFF_IN" "$ROOT/note.3"; echo draft >draft.md
                 echo '[{"id":"page","prompt":"p","deps":["api"]},{"id":"api","prompt":"p","role":"backend-dev"}]' \
                   >"$COORD_PLAN_OUT" ;;
              esac ;;
            *) echo "$COORD_TASK" >"$COORD_TASK.txt" ;;
            esac
            """#)
        let answer = try stand.coord("run", mission, "--agent", agent, "--goal", "Build it well")
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.read("prompt.1").contains("Build it well"))
        #expect(try stand.read("prompt.1").contains("`backend-dev` (1)"))
        #expect(
            try stand.read("note.2").contains(
                "task `a`: `needs` is no member of a task; did you mean `deps`?"))
        let note = try stand.read("note.3")
        #expect(note.contains("- task `a` needs `bb`, which is not in the plan"))
        #expect(note.contains("- task `a` is for the role `backend-de`, which is not on the team"))
        let tasks = try stand.coord("tasks", "--json").json["tasks"]?.arrayValue ?? []
        #expect(tasks.compactMap { $0["id"]?.stringValue } == ["plan", "page", "api", "b-round-1"])
        #expect(tasks.allSatisfy { $0["status"] == .string("completed") })
        // The planner's own files do not land.
        #expect(
            try stand.git("ls-tree", "--name-only", "main").lines.map(String.init)
                == ["README.md", "api.txt", "b-round-1.txt", "page.txt"])
    }

    @Test("A planner that never hands in a plan fails the run, and says why")
    func never() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.mission + ", \"limits\": { \"maxAttempts\": 2 }")
        let answer = try stand.coord("run", mission, "--agent", try stand.agent("exit 0"))
        #expect(answer.status == 1, "\(answer)")
        #expect(answer.output.contains("the plan is refused: it has no task"), "\(answer)")
        #expect(try stand.task("plan")["attempt"]?.integerValue == 2)
    }

    @Test("A plan is shown as to be made; without a goal there is nothing to plan")
    func shown() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.mission)
        let plan = try stand.coord("plan", mission)
        #expect(plan.output.contains("tasks: to be planned; `producer` turns the goal into tasks"), "\(plan)")
        #expect(plan.output.contains("rounds: b at the end, at most 1"))
        try stand.write("aimless.json", "{ \"id\": \"aimless\", \"planning\": { \"role\": \"producer\" } }")
        let answer = try stand.coord("run", stand.root + "/aimless.json", "--agent", "command:true")
        #expect(answer.status == 2 && answer.speech.contains("no goal to plan them from"), "\(answer)")
    }

    @Test("Without a gate the one that fits the project is taken and said; where none fits, that is said")
    func gates() throws {
        let task = "\"tasks\": [ { \"id\": \"a\", \"run\": \"echo a > a.txt\" } ]"
        let stand = try Stand(files: ["Makefile": "check:\n\t@test ! -e wrong.txt\n"])
        let mission = try stand.mission(task)
        let plan = try stand.coord("plan", mission, "--json")
        #expect(try plan.json["gate"] == ["make check"] && plan.json["gateSource"] == .string("detected"))
        let answer = try stand.coord("run", mission)
        #expect(answer.status == 0, "\(answer)")
        #expect(
            answer.speech.contains("taking `make check`, because its Makefile has the target `check`"),
            "\(answer)")
        let gated = try #require(try stand.events("gate.finished").first)
        #expect(gated["data"]?["command"] == .string("make check"), "\(gated)")

        let bare = try Stand()
        let warned = try bare.coord("run", try bare.mission(task))
        #expect(warned.status == 0 && warned.speech.contains("warning: no gate: "), "\(warned)")
        #expect(
            try bare.coord("plan", bare.root + "/mission.json").output.contains("gate: none (the mission"))
    }
}
