import CoordModel
import Testing

@testable import CoordCatalog

@Suite("Mission files")
struct MissionFileTests {
    /// Every key there is, with a value that is not its default.
    static let whole = #"""
        { "$schema": "./mission.schema.json", "id": "web-app", "name": "Web application",
          "description": "A page, an API, a store", "goal": "A notes app",
          "agent": "command:./agent --fast",
          "team": [
            { "id": "backend", "role": "backend-dev", "count": 2, "model": "sonnet", "maxModel": "opus",
              "agent": "claude", "budgetUSD": 5, "skills": ["test-runner"] },
            { "role": "frontend-dev" }, { "role": "producer" }, { "role": "tech-lead" },
            { "role": "self-reviewer" }, { "role": "qa-engineer", "count": 3 } ],
          "limits": { "maxConcurrency": 4, "budgetUSD": 20.5, "maxAttempts": 5, "taskTimeoutSeconds": 600,
                      "runTimeoutSeconds": 7200.5,
                      "rate": { "requestsPerMinute": 60, "inputTokensPerMinute": 1000000,
                                "outputTokensPerMinute": 200000 } },
          "assignment": "work-stealing",
          "scale": { "min": 2, "max": 8, "queueDepth": 6, "idleSeconds": 60 },
          "merge": { "target": "release/1.x", "gate": ["make test", "make lint"], "gateTimeoutSeconds": 300,
                     "review": "role:tech-lead", "parallel": 3, "batch": 4, "protected": ["tests/**"],
                     "deliver": "pull-request", "style": "squash" },
          "planning": { "role": "producer" },
          "services": ["api"],
          "tasks": [
            { "id": "schema", "run": "make schema", "prompt": "unused" },
            { "id": "api", "title": "The API", "prompt": "Write it.\nWell.", "role": "frontend-dev",
              "category": "backend", "deps": ["schema"], "priority": -5, "files": ["src/server/**"],
              "skills": ["lint"], "capabilities": ["writes-code", "browser"], "run": null,
              "checks": ["make api-test"], "budgetUSD": 0.25, "maxAttempts": 2, "timeoutSeconds": 1.5,
              "approval": true, "risk": "high", "workspace": "none" } ] }
        """#

    @Test("every key is read")
    func everyKey() throws {
        let reading = TestCatalog.read(Self.whole)
        #expect(reading.errors == [])
        #expect(
            reading.warnings.map(\.message) == [
                "The prompt of task `schema` is not used: `run` is a plain command, no agent works on it"
            ])
        #expect(reading.warnings.first?.position == SourcePosition(line: 21, column: 55))
        var expected = Mission(id: "web-app", name: "Web application")
        expected.description = "A page, an API, a store"
        expected.goal = "A notes app"
        expected.agent = .command("./agent --fast")
        expected.team = [
            TeamMember(
                id: "backend", role: "backend-dev", count: 2, model: "sonnet", maxModel: "opus",
                agent: .named("claude"), budget: Money(microDollars: 5_000_000), skills: ["test-runner"]),
            // The alias is resolved; the member keeps the name that was written.
            TeamMember(id: "frontend-dev", role: "ui-dev"),
            TeamMember(id: "producer", role: "producer"), TeamMember(id: "tech-lead", role: "tech-lead"),
            TeamMember(id: "self-reviewer", role: "self-reviewer"),
            TeamMember(id: "qa-engineer", role: "qa-engineer", count: 3),
        ]
        expected.limits = Limits(
            maxConcurrency: 4, budget: Money(microDollars: 20_500_000), maxAttempts: 5,
            taskTimeout: .seconds(600), runTimeout: .milliseconds(7_200_500),
            rate: RateLimits(
                requestsPerMinute: 60, inputTokensPerMinute: 1_000_000, outputTokensPerMinute: 200_000))
        expected.assignment = .workStealing
        expected.scale = Scale(min: 2, max: 8, queueDepth: 6, idle: .seconds(60))
        expected.merge = MergeSettings(
            target: "release/1.x", gate: ["make test", "make lint"], gateTimeout: .seconds(300),
            review: .role("tech-lead"), parallel: 3, batch: 4, protected: ["tests/**"], deliver: .pullRequest,
            style: .squash)
        expected.planningRole = "producer"
        expected.services = ["api"]
        expected.tasks = [
            TaskSpec(id: "schema", prompt: "unused", run: "make schema"),
            TaskSpec(
                id: "api", title: "The API", prompt: "Write it.\nWell.", role: "ui-dev", category: "backend",
                dependencies: ["schema"], priority: -5, files: ["src/server/**"], skills: ["lint"],
                capabilities: [.writesCode, .browser], checks: ["make api-test"],
                budget: Money(microDollars: 250_000), maxAttempts: 2, timeout: .milliseconds(1500),
                approval: true, risk: .high, workspace: .none),
        ]
        #expect(reading.mission == expected)
    }

    @Test("what is left out has the defaults of the contract")
    func defaults() throws {
        let mission = try #require(
            TestCatalog.read(#"{ "id": "m", "tasks": [{ "id": "a", "run": "x" }] }"#).mission)
        #expect(mission == Mission(id: "m", tasks: [TaskSpec(id: "a", run: "x")]))
        #expect(mission.agent == .automatic)
        #expect(mission.limits.maxAttempts == 3)
        #expect(mission.limits.taskTimeout == .seconds(1200))
        #expect(mission.limits.runTimeout == .seconds(36_000))
        #expect(mission.assignment == .capability)
        #expect(mission.merge == MergeSettings())
        #expect(mission.tasks[0].title == "a")
    }

    @Test("a planner and a goal stand for tasks")
    func planner() throws {
        let reading = TestCatalog.read(
            #"{ "id": "m", "goal": "Go", "planning": {"role": "producer"}, "merge": {"gate": ["make"]} }"#
        )
        #expect(reading.diagnostics == [])
        #expect(reading.mission?.planningRole == "producer")
    }

    @Test("line ends of other systems are fine, and columns count letters, not bytes")
    func lineEnds() {
        let reading = TestCatalog.read("{\r\n  \"id\": \"m\",\r\n  \"name\": \"grüße 🚀\", \"x\": 1 }\r\n")
        #expect(reading.diagnostics.last?.position == SourcePosition(line: 3, column: 22))
    }

    @Test("a mission that names no role and no skill never asks for the catalogue")
    func lazy() {
        let names = NameResolver(
            roles: {
                Issue.record("the roles were read")
                return RoleShelf()
            },
            skills: {
                Issue.record("the skills were read")
                return []
            })
        let text = #"{ "id": "m", "tasks": [{ "id": "a", "run": "x", "capabilities": ["database"] }] }"#
        #expect(MissionFile.parse(Array(text.utf8), file: "m.json", names: names).mission != nil)
    }

    @Test("a long chain and a long circle need no deep stack")
    func longChain() throws {
        func mission(closed: Bool) -> String {
            let count = 10_000
            let tasks = (0..<count).map { number in
                let need = number == 0 ? (closed ? ["t\(count - 1)"] : []) : ["t\(number - 1)"]
                return #"{"id":"t\#(number)","run":"x","deps":\#(need)}"#
            }
            return #"{"id":"m","tasks":[\#(tasks.joined(separator: ","))]}"#
        }
        #expect(TestCatalog.read(mission(closed: false)).mission?.tasks.count == 10_000)
        let circle = TestCatalog.read(mission(closed: true))
        #expect(
            circle.errors.map(\.message) == [
                "These tasks wait for each other: "
                    + "`t0 → t9999 → t9998 → t9997 → t9996 → t9995 → … 9991 more … → t3 → t2 → t1 → t0`"
            ])
    }

    @Test("the format goes by the ending, then by the first letter")
    func formats() {
        let json = #"{ "id": "m", "tasks": [{ "id": "a", "run": "x" }] }"#
        let plan = "# Plan\n- [ ] Do it\n"
        #expect(TestCatalog.read(json, file: "mission").mission != nil)
        #expect(TestCatalog.read(plan, file: "PLAN.MD").mission?.id == "plan")
        #expect(TestCatalog.read(plan, file: "todo.txt").mission?.tasks.count == 1)
        #expect(
            TestCatalog.read("mission: web\n", file: "m.yaml").diagnostics.printed == """
                error: A mission is a JSON file or a Markdown plan; this is neither
                  at m.yaml
                hint: A plan has tasks as `- [ ] …` below headings
                """)
    }
}

@Suite("The graph of a mission")
struct DependencyCheckTests {
    /// Reads `a`, `b <- a`, `c <- a b` and answers what is wrong with it.
    private func check(_ lines: String...) -> [String] {
        let problems = ProblemList(file: "")
        DependencyCheck.check(
            lines.map { line in
                let names = line.split(separator: " ").filter { $0 != "<-" }.map { TaskID(String($0)) }
                return TaskNeeds(id: names[0], needs: names.dropFirst().map { ($0, SourcePosition.start) })
            }, problems: problems)
        return problems.diagnostics.map(\.message)
    }

    @Test("a graph without circles is fine, whatever its order in the file")
    func fine() {
        #expect(check("a", "b <- a", "c <- a b", "d") == [])
        #expect(check("c <- b", "b <- a", "a") == [])
        #expect(check() == [])
    }

    @Test("a circle is told once, from its first task, and not what hangs on it")
    func circles() {
        let two = "These tasks wait for each other: `a → b → a`"
        #expect(check("a <- b", "b <- a") == [two])
        #expect(check("tail <- a", "a <- b", "b <- a", "end <- tail") == [two])
        #expect(check("start", "a <- start b", "b <- a start") == [two])
        #expect(check("c <- a", "a <- b", "b <- c") == ["These tasks wait for each other: `c → a → b → c`"])
        #expect(
            check("a <- b", "b <- a", "x <- y", "y <- z", "z <- x b") == [
                two, "These tasks wait for each other: `x → y → z → x`",
            ])
    }

    @Test("two circles that share a task are told at least once")
    func shared() {
        #expect(!check("a <- b c", "b <- a", "c <- a").isEmpty)
    }

    @Test("a random graph is refused just when a slow way finds a circle")
    func random() {
        var state: UInt64 = 5
        func chance(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        for _ in 0..<400 {
            let count = 2 + chance(7)
            let needs = (0..<count).map { task in
                Set((0..<chance(3)).map { _ in chance(count) }).subtracting([task]).sorted()
            }
            let lines = needs.enumerated().map { "t\($0) <- " + $1.map { "t\($0)" }.joined(separator: " ") }
            let problems = ProblemList(file: "")
            DependencyCheck.check(
                needs.enumerated().map { number, list in
                    TaskNeeds(
                        id: TaskID("t\(number)"), needs: list.map { (TaskID("t\($0)"), SourcePosition.start) }
                    )
                }, problems: problems)
            #expect(problems.hasErrors == hasCircle(needs), "\(lines)")
        }
    }

    /// Warshall's closure: some task reaches itself.
    private func hasCircle(_ needs: [[Int]]) -> Bool {
        var reaches = needs.map { list in needs.indices.map { list.contains($0) } }
        for k in needs.indices {
            for i in needs.indices where reaches[i][k] {
                for j in needs.indices where reaches[k][j] { reaches[i][j] = true }
            }
        }
        return needs.indices.contains { reaches[$0][$0] }
    }
}
