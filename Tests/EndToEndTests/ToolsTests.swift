import CoordJSON
import CoordModel
import CoordSystem
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Agents that use coord's tools: real runs, real sandboxes, and the server that agents start.
@Suite("Tools of agents")
struct ToolsTests {
    private static let hasBubblewrap = AttackRun.available.contains(.bubblewrap)
    private static let hasLandlock = AttackRun.available.contains(.landlock)
    private static let mechanisms =
        ["off"] + (hasBubblewrap ? ["bwrap"] : []) + (hasLandlock ? ["landlock"] : [])

    /// What scripts of agents begin with: `tool ID NAME ARGUMENTS` makes a request, and `mcp` gives what it
    /// is told to the server and shows the answers.
    private static func script(_ body: String) -> String {
        """
        tool() { printf '{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"%s","arguments":%s}}\\n' \
        "$1" "$2" "${3:-{\\}}"; }
        mcp() { '\(Stand.program("coord-worker"))' mcp; }
        \(body)
        """
    }

    @Test(
        "tasks, notes, claims and handoffs go through the tools, whatever confines the agent",
        arguments: mechanisms)
    func together(mechanism: String) throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "tasks": [ { "id": "schema", "prompt": "Write the schema." },
                       { "id": "api", "prompt": "Write the API.", "deps": ["schema"] } ]
            """)
        let agent = Self.script(
            #"""
            case $COORD_TASK in
            schema)
              { tool 1 write_note '{"key":"port","text":"it is 8080"}'
                tool 2 claim_files '{"patterns":["schema.txt"]}'
                tool 3 write_handoff '{"summary":"the schema stands","decisions":["ids are text"],"pitfalls":["no paging"]}'
                tool 4 add_tasks '{"tasks":[{"id":"docs","prompt":"Write docs.","deps":["api"]}]}'
                tool 5 report_progress '{"text":"nearly there"}'; } | mcp > schema.txt ;;
            api) { tool 1 read_task; tool 2 read_notes; } | mcp > api.txt; cp "$COORD_PROMPT_FILE" prompt.txt ;;
            docs) tool 1 list_tasks | mcp > docs.txt ;;
            esac
            """#)
        try stand.write("agent.sh", agent)
        let words = "/bin/sh '\(stand.root)/agent.sh'; : '\(Stand.program("coord-worker"))'"
        let run = try stand.coord(["run", mission, "--sandbox", mechanism, "--agent", "command:" + words])
        #expect(run.status == 0, "\(run)")
        let api = try stand.git("show", "main:api.txt")
        #expect(
            api.contains("the schema stands") && api.contains("- ids are text") && api.contains("- no paging")
        )
        #expect(api.contains("it is 8080") && api.contains("Note `port` by `schema#1`"))
        #expect(try stand.git("show", "main:prompt.txt").contains("- no paging"))
        #expect(try stand.git("show", "main:docs.txt").contains("docs [leased]"))
        for (type, member, text) in [
            ("note.written", "key", "port"), ("handoff.written", "summary", "the schema stands"),
            ("progress.reported", "text", "nearly there"),
        ] {
            let fact = try #require(try stand.events(type).first, "\(type)")
            #expect(fact["data"]?[member] == .string(text) && fact["task"] == "schema")
        }
        #expect(try stand.events("files.claimed").first?["data"]?["patterns"] == ["schema.txt"])
        let added = try stand.events("task.added").last
        #expect(added?["task"] == "docs" && added?["data"]?["proposedBy"] == "schema")
        #expect(try stand.chain().count == 3)
        let left = try Files.list(stand.project + "/.coord/state/attempts/" + (try stand.run) + "/api.1")
        #expect(!left.contains("mcp"))
    }

    @Test("a person answers while the agent waits: the question is shown, and the answer reaches it")
    func person() throws {
        let stand = try Stand()
        let mission = try stand.mission(#""tasks": [ { "id": "a", "prompt": "Choose." } ]"#)
        let agent = try stand.agent(
            Self.script(
                #"tool 1 ask '{"question":"Left or right?","choices":["left","right"],"wait_seconds":100}' | mcp > a.txt"#
            ))
        let run = try stand.start(["run", mission, "--agent", agent])
        try run.await("a asks you")
        let status = try stand.document("status")
        #expect(status["questions"]?.arrayValue?.first?["text"] == "Left or right?")
        #expect(try stand.coord("status").output.contains("a asks: Left or right? [left | right]"))
        #expect(try stand.coord("tasks", "show", "a").output.contains("Left or right?"))
        let answer = try stand.coord("tasks", "answer", "a", "left, always")
        #expect(answer.status == 0, "\(answer)")
        #expect(run.wait().status == 0)
        #expect(try stand.git("show", "main:a.txt").contains("A person answered: left, always"))
        #expect(try stand.coord("tasks", "answer", "a", "late").status == 6)
    }

    @Test(
        "where nobody can be asked the run ends with 3; taken up again it waits, and the answer is in the prompt"
    )
    func nobody() throws {
        let stand = try Stand()
        let mission = try stand.mission(#""tasks": [ { "id": "a", "prompt": "Choose." } ]"#)
        let agent = try stand.agent(
            Self.script(
                #"""
                if grep -q "A person answered: left" "$COORD_PROMPT_FILE"; then echo left > a.txt; exit 0; fi
                tool 1 ask '{"question":"Left or right?"}' | mcp > "$ROOT/told"; exit 1
                """#))
        let run = try stand.coord("run", mission, "--no-input", "--agent", agent)
        #expect(run.status == 3, "\(run)")
        #expect(run.speech.contains("`a` asks you: Left or right?"))
        #expect(try stand.read("told").contains("nobody can be asked"))
        #expect(try stand.stage("a") == "asking")
        #expect(try stand.coord("why", "a").output.contains("waits for a person's answer"))
        let again = try stand.start(["run", "--resume"])
        try again.await("the run goes on")
        #expect(try stand.coord("tasks", "answer", "a", "left").status == 0)
        #expect(again.wait().status == 0)
        #expect(try stand.git("show", "main:a.txt") == "left")
    }

    @Test(
        "the tokens of an older attempt and of another task are refused and recorded; nothing they ask is done"
    )
    func foreignTokens() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "limits": { "maxConcurrency": 1 },
            "tasks": [ { "id": "b", "prompt": "First.", "priority": 9 }, { "id": "a", "prompt": "Then.", "deps": ["b"] } ]
            """)
        let agent = try stand.agent(
            Self.script(
                #"""
                echo "$COORD_MCP_TOKEN" > "$ROOT/token.$COORD_TASK.$COORD_ATTEMPT"
                [ $COORD_TASK = b ] && { echo b > b.txt; exit 0; }
                [ $COORD_ATTEMPT = 1 ] && exit 1
                for old in b.1 a.1; do
                  COORD_MCP_TOKEN=$(cat "$ROOT/token.$old")
                  export COORD_MCP_TOKEN
                  tool 1 write_note '{"key":"mine","text":"forged"}' | mcp >> "$ROOT/out" 2>> "$ROOT/err" || echo "refused $old" >> a.txt
                done
                """#))
        let run = try stand.coord("run", mission, "--agent", agent)
        #expect(run.status == 0, "\(run)")
        #expect(try stand.git("show", "main:a.txt") == "refused b.1\nrefused a.1")
        #expect(try stand.read("out").isEmpty)
        #expect(try stand.events("note.written").isEmpty)
        let refused = try stand.events("call.refused")
        #expect(refused.count == 2 && refused.allSatisfy { $0["task"] == "a" })
        let tokens = try ["b.1", "a.1", "a.2"].map { try stand.read("token." + $0) }
        #expect(Set(tokens).count == 3 && tokens.allSatisfy { $0.utf8.count == 33 })
        // The secret is nobody's business but the agent's.
        let kept = try stand.events().map(\.text).joined()
        for token in tokens { #expect(!kept.contains(token.trimmed)) }
    }

    @Test("a command in a sandbox has a slot of the machine through its worker", arguments: mechanisms)
    func slot(mechanism: String) throws {
        let stand = try Stand()
        let coord = Stand.program("coord")
        let command = "'\(coord)' slot run -- sh -c 'echo slot $COORD_SLOT'"
        let mission = try stand.mission(
            """
            "tasks": [ { "id": "a", "prompt": "Build." },
                       { "id": "b", "run": "\(command) > b.txt 2> b.err", "deps": ["a"] } ]
            """)
        let agent = "command:\(command) > a.txt 2> a.err"
        let run = try stand.coord(
            ["run", mission, "--sandbox", mechanism, "--agent", agent], with: ["COORD_SLOTS": "1"])
        #expect(run.status == 0, "\(run)")
        for name in ["a", "b"] {
            #expect(try stand.git("show", "main:\(name).txt") == "slot 1")
            #expect(try stand.git("show", "main:\(name).err") == "")
        }
    }

    @Test("`coord mcp` is for agents that coord started")
    func alone() throws {
        let stand = try Stand()
        let answer = try stand.coord("mcp")
        #expect(answer.status == 2 && answer.output.isEmpty)
        #expect(answer.speech.contains("serves agents that coord started"))
    }
}

extension Stand {
    /// The latest run's name.
    fileprivate var run: String {
        get throws { try document("status")["run"]?["id"]?.stringValue ?? "" }
    }
}

/// Agents without tools say the same by lines on standard output.
@Suite("Events of agents")
struct AgentEventTests {
    @Test("each kind of event reaches the journal, and the task that is asked for is done")
    func events() throws {
        let stand = try Stand()
        let mission = try stand.mission(#""tasks": [ { "id": "a", "prompt": "Do." } ]"#)
        let agent = try stand.agent(
            #"""
            echo x > $COORD_TASK.txt
            [ $COORD_TASK = a ] || exit 0
            echo '{"coord":"progress","text":"half"}'
            echo '{"coord":"tool","name":"edit","id":"t1","phase":"start","summary":"a.txt"}'
            echo '{"coord":"tool","name":"edit","id":"t1","phase":"end","ok":false}'
            echo '{"coord":"handoff","summary":"stands","remaining":["r"],"decisions":["d"],"pitfalls":["p"]}'
            echo '{"coord":"task","id":"b","prompt":"More.","deps":["a"]}'
            echo '{"coord":"task","id":"c","prompt":"Lost.","deps":["nowhere"]}'
            echo '{"coord":"rate-limited","retryAfterSeconds":0.2}'
            """#)
        let run = try stand.coord("run", mission, "--agent", agent)
        #expect(run.status == 0, "\(run)")
        func data(_ type: String) throws -> JSONValue { try stand.events(type).first?["data"] ?? .null }
        #expect(try data("progress.reported")["text"] == "half")
        #expect(try data("tool.started")["summary"] == "a.txt")
        #expect(try data("tool.completed")["ok"] == false)
        let handoff = try data("handoff.written")
        #expect(handoff["summary"] == "stands" && handoff["remaining"] == ["r"])
        #expect(handoff["decisions"] == ["d"] && handoff["pitfalls"] == ["p"])
        #expect(try stand.events("task.added").last?["data"]?["proposedBy"] == "a")
        #expect(try data("task.proposal-refused")["id"] == "c")
        #expect(try data("rate.limited")["until"] != nil)
        #expect(try stand.git("show", "main:b.txt") == "x")
    }
}
