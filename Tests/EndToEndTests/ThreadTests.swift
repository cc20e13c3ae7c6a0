import CoordJSON
import CoordSystem
import Testing

/// The main thread through every floor: agents that speak the whole protocol, landed commits, and every
/// reading command telling the same story afterwards.
@Suite("The thread from mission to landed commits")
struct ThreadTests {
    private static let script = """
        env | sort > "$ROOT/env.$COORD_TASK"
        cp "$COORD_PROMPT_FILE" "$ROOT/prompt.$COORD_TASK"
        echo "hello from $COORD_TASK" > "$COORD_TASK.txt"
        [ "$COORD_TASK" = a ] || exit 0
        echo '{"coord":"usage","model":"m","inputTokens":1200,"costUSD":0.01,"id":"call-1"}'
        echo '{"coord":"usage","model":"m","inputTokens":1200,"costUSD":0.01,"id":"call-1"}'
        echo '{"coord":"usage","model":"n","inputTokens":10,"outputTokens":1,"costUSD":0.0025,"id":"call-2"}'
        echo '{"coord":"progress","text":"half way"}'
        echo '{"coord":"tool","name":"edit","id":"t1","phase":"start","summary":"a.txt"}'
        echo '{"coord":"tool","name":"edit","id":"t1","phase":"end","ok":true,"summary":"done"}'
        echo '{"coord":"task","id":"extra","prompt":"One more thing","deps":["a"]}'
        echo '{"coord":"rate-limited","retryAfterSeconds":0.05}'
        echo '{"coord":"handoff","summary":"the base is laid","remaining":["paint it"]}'
        echo '{"coord":"nonsense"}'
        echo '{"coord":"usage","inputTokens":-5}'
        echo '{ not json at all'
        printf 'bytes \\377\\376 and no line end'
        """

    private static let tasks = """
        "limits": { "budgetUSD": 5, "maxConcurrency": 2 },
        "merge": { "gate": ["git rev-parse HEAD^{tree} >> GATED; cat a.txt"] },
        "tasks": [ { "id": "a", "title": "Lay the base", "prompt": "Write a." },
                   { "id": "b", "prompt": "Write b.", "deps": ["a"] },
                   { "id": "c", "prompt": "Write c.", "deps": ["a"] } ]
        """

    @Test("Three tasks and a proposed one land, and every reading command agrees with git")
    func landsAndTells() throws {
        let stand = try Stand()
        let before = try stand.git("rev-parse", "main")
        let gated = stand.root + "/gated"
        let tasks = Self.tasks.replacing("GATED", with: "'\(gated)'")
        let mission = try stand.mission(tasks)
        let answer = try stand.coord("run", mission, "--agent", stand.agent(Self.script))
        #expect(answer.status == 0, "\(answer)")
        try checkGit(stand, since: before, gated: gated)
        try checkDocuments(stand)
        try checkTexts(stand, receipt: answer.output)
    }

    private func checkGit(_ stand: Stand, since before: String, gated: String) throws {
        let chain = try stand.chain()
        #expect(chain.count == 4)
        #expect(try Set(chain.map { try stand.trailer("Coord-Task", of: $0) }) == ["a", "b", "c", "extra"])
        let all = try stand.git("rev-list", "\(before)..main").lines.map(String.init)
        for commit in all where !chain.contains(commit) {
            #expect(try stand.trailer("Coord-Task", of: commit).isEmpty, "\(commit) carries a trailer")
            #expect(try stand.trailer("Coord-Run", of: commit).isEmpty)
        }
        let trees = try chain.map { try stand.git("rev-parse", $0 + "^{tree}") }
        let tested = Set(try stand.read(gated).lines.map(String.init))
        for tree in trees { #expect(tested.contains(tree), "a tree landed that was not tested") }
        #expect(try stand.git("status", "--porcelain", "--untracked-files=no").isEmpty)
        #expect(try stand.read(stand.project + "/extra.txt") == "hello from extra\n")
    }

    private func checkDocuments(_ stand: Stand) throws {
        let status = try stand.document("status")
        #expect(status["run"]?["status"] == "completed")
        #expect(status["progress"]?["completed"]?.integerValue == 4)
        #expect(status["progress"]?["percent"]?.doubleValue == 100)
        #expect(status["queue"]?["head"]?.stringValue == (try stand.git("rev-parse", "main")))
        #expect(status["queue"]?["landed"]?.integerValue == 4)
        #expect(status["cost"]?["totalUSD"]?.doubleValue == 0.0125)
        #expect(status["cost"]?["reservedUSD"]?.doubleValue == 0)
        let tasks = try stand.document("tasks")["tasks"]?.arrayValue ?? []
        #expect(tasks.compactMap { $0["stage"]?.stringValue } == ["landed", "landed", "landed", "landed"])
        let commits = Set(tasks.compactMap { $0["commit"]?.stringValue })
        #expect(commits == Set(try stand.chain()))
        let cost = try stand.document("cost")
        #expect(cost["totalUSD"]?.doubleValue == 0.0125)
        let models = cost["byModel"]?.arrayValue ?? []
        #expect(Set(models.compactMap { $0["id"]?.stringValue }) == ["m", "n"])
        for grouping in ["byWorker", "byModel", "byTask"] {
            let sum = (cost[grouping]?.arrayValue ?? []).compactMap { $0["costUSD"]?.doubleValue }.reduce(
                0, +)
            #expect(abs(sum - 0.0125) < 1e-9, "\(grouping) adds up to \(sum)")
        }
        let workers = try stand.document("workers")["workers"]?.arrayValue ?? []
        #expect(workers.allSatisfy { $0["status"] == "stopped" && $0["pid"] == .null })
        #expect(try stand.document("queue")["landed"] != nil)
        try checkFacts(try stand.events())
    }

    private func checkFacts(_ facts: [JSONValue]) throws {
        #expect(facts.compactMap { $0["seq"]?.integerValue } == Array(1...Int64(facts.count)))
        func count(_ type: String) -> Int { facts.count { $0["type"] == .string(type) } }
        #expect(count("task.landed") == 4)
        #expect(count("usage.recorded") == 3)
        #expect(facts.count { $0["data"]?["counted"] == .bool(true) } == 2)
        let texts = facts.filter { $0["type"] == "progress.reported" }.compactMap {
            $0["data"]?["text"]?.stringValue
        }
        #expect(
            texts.filter { $0.hasPrefix("coord refused an event") }.count == 2, "unknown and out of range")
        #expect(texts.filter { !$0.hasPrefix("coord refused an event") } == ["half way"])
        #expect(count("tool.started") == 1 && count("tool.completed") == 1)
        #expect(count("rate.limited") == 1)
        #expect(count("handoff.written") == 1)
        #expect(facts.last?["type"] == "run.ended")
    }

    private func checkTexts(_ stand: Stand, receipt: String) throws {
        #expect(receipt.contains("4") && receipt.contains("$0.01"), "\(receipt)")
        let report = try stand.coord("report", "--format", "md")
        #expect(report.status == 0 && report.output.contains("extra"))
        #expect(try stand.coord("report", "--format", "html").output.hasPrefix("<!doctype html>"))
        let why = try stand.coord("why", "b")
        #expect(why.output.hasPrefix("`b` landed at"), "\(why)")
        let worker = try #require(try stand.task("a")["assignedTo"]?.stringValue)
        let log = try stand.coord("logs", worker)
        #expect(log.output.contains("{ not json at all") && log.output.contains("and no line end"))
    }

    @Test("An agent sees the allow-listed environment and COORD_*, nothing else, and its prompt file")
    func environment() throws {
        let stand = try Stand()
        let mission = try stand.mission(Self.tasks.replacing("GATED", with: "/dev/null"))
        let answer = try stand.coord("run", mission, "--agent", stand.agent(Self.script))
        #expect(answer.status == 0, "\(answer)")
        var names = Set(try stand.read("env.b").lines.map { String($0.prefix { $0 != "=" }) })
        for own in ["PWD", "OLDPWD", "SHLVL", "_"] { names.remove(own) }
        #expect(
            names == [
                "PATH", "HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "LC_ALL", "TMPDIR", "COORD_RUN",
                "COORD_TASK", "COORD_ATTEMPT", "COORD_WORKER", "COORD_PROJECT", "COORD_BASE",
                "COORD_PROMPT_FILE", "COORD_HANDOFF_OUT", "COORD_NOTES", "COORD_SKILLS_FILE",
                "COORD_MCP_CHANNEL", "COORD_MCP_TOKEN",
            ])
        let variables = try stand.read("env.b").lines
        #expect(variables.contains("COORD_TASK=b") && variables.contains("COORD_ATTEMPT=1"))
        #expect(variables.contains { $0 == "COORD_PROJECT=\(stand.project)" })
        let base = try #require(variables.first { $0.hasPrefix("COORD_BASE=") }).dropFirst(11)
        #expect(try stand.chain().contains(String(base)))
        let prompt = try stand.read("prompt.b")
        #expect(
            prompt.contains("Reach it") && prompt.contains("Write b.") && prompt.contains("the base is laid"))
    }
}
