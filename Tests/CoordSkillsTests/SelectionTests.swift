import CoordJSON
import CoordModel
import Testing

@testable import CoordSkills

@Suite("Choosing skills")
struct SelectionTests {
    private static func skill(
        _ id: SkillID, _ text: String, category: String = "code", tags: [String] = [],
        examples: [String] = [],
        requires: [SkillID] = [], conflicts: [SkillID] = [], enhancedBy: [SkillID] = []
    ) -> Skill {
        Skill(
            id: id, description: text, category: category, tags: tags, triggerExamples: examples,
            requires: requires, conflicts: conflicts, enhancedBy: enhancedBy,
            handler: SkillProgram(command: ["true"]))
    }

    private static let pool = [
        skill("git-log", "Lists commits.", category: "git", examples: ["show recent commits"]),
        skill("git-diff", "Shows changed lines.", category: "git", examples: ["show the diff"]),
        skill(
            "release-notes", "Writes release notes from commits.", category: "release",
            examples: ["write the release notes"], requires: ["git-log"], enhancedBy: ["git-diff"]),
        skill(
            "fast-tests", "Runs few tests.", category: "test", examples: ["run the tests"],
            conflicts: ["all-tests"]),
        skill("all-tests", "Runs all tests.", category: "test", examples: ["run the tests"]),
        skill("lost", "Runs the tests from afar.", category: "test", requires: ["nobody"]),
        skill("query", "Queries a database.", category: "database", examples: ["run a query"]),
    ]

    private func choose(
        _ request: SkillRequest, _ pool: [Skill] = Self.pool, usage: SkillUsage = SkillUsage()
    )
        -> SkillSelection.Choice
    {
        SkillSelection(SkillIndex(pool), usage: usage).choose(request)
    }

    @Test("words of the task find the skill, with the reason, and what it requires comes along")
    func requirement() throws {
        let choice = choose(SkillRequest(text: "Write release notes for 2.0", counts: 1...8))
        #expect(choice.skills.map(\.id) == ["release-notes", "git-log"])
        #expect(choice.skills[0].score == 1)
        #expect(choice.skills[0].reason == "the task is like “write the release notes”")
        #expect(choice.skills[1].reason == "`release-notes` requires it")
        #expect(choice.suggestions == ["git-diff"])
    }

    @Test("of two that exclude each other the better one is taken, and what cannot be had is not taken")
    func exclusion() {
        let choice = choose(SkillRequest(text: "Run the tests, only few of them"))
        #expect(choice.skills.first?.id == "fast-tests")
        #expect(!choice.skills.map(\.id).contains("all-tests") && !choice.skills.map(\.id).contains("lost"))
        #expect(choice.refused.contains(.exclusion("fast-tests", "all-tests")))
        #expect(choice.refused.contains(.missing("nobody", requiredBy: "lost")))
    }

    @Test("what the mission or the role names comes in any case, and first")
    func pinned() {
        let role = Role(id: "dba", skills: ["query"])
        let choice = choose(
            SkillRequest(text: "Write release notes", role: role, pinned: ["query", "no-such"]))
        #expect(
            choice.skills[0] == ChosenSkill(id: "query", score: 1, reason: "the role `dba` always has it"))
        #expect(choice.skills.contains { $0.id == "release-notes" })
    }

    @Test("never more than eight, required ones counted, and the same every time")
    func limits() {
        let pool = (0..<200).map { number in
            Self.skill(
                SkillID("s\(number)"), "Sorts numbers of kind \(number % 7)",
                requires: number % 3 == 0 && number > 0 ? [SkillID("s\(number - 1)")] : [])
        }
        let request = SkillRequest(text: "sort the numbers")
        let first = choose(request, pool)
        #expect((3...8).contains(first.skills.count))
        #expect(choose(request, pool) == first)
        #expect(choose(SkillRequest(text: ""), pool).skills == [])
        #expect(choose(SkillRequest(text: "xyzzy plugh"), pool).skills == [])
    }

    @Test("above ten candidates a ranking is asked; what it does not know is not believed")
    func ranking() {
        let pool = (0..<20).map { Self.skill(SkillID("s\($0)"), "Sorts numbers") }
        let selection = SkillSelection(SkillIndex(pool))
        let request = SkillRequest(text: "sort the numbers")
        #expect(selection.candidates(for: request).map(\.id) == pool.map(\.id))
        let ranked = selection.choose(
            request,
            ranked: [
                RankedSkill(id: "s7", reason: "it fits"), RankedSkill(id: "nobody", reason: "made up"),
                RankedSkill(id: "s3", reason: "it helps"),
            ])
        #expect(ranked.skills.map(\.id) == ["s7", "s3"])
        #expect(ranked.skills[0].reason == "the model says: it fits")
        // A model without an answer leaves the deterministic choice.
        #expect(selection.choose(request, ranked: nil) == selection.choose(request))
        let few = SkillSelection(SkillIndex(Array(pool.prefix(9))))
        #expect(few.candidates(for: request) == [], "nine candidates need no ranking")
        let named = [RankedSkill(id: "s1", reason: "")]
        #expect(few.choose(request, ranked: named) == few.choose(request))
    }

    @Test("what was called in such tasks before comes sooner")
    func usage() throws {
        var usage = SkillUsage()
        let pool = [Self.skill("one", "Sorts numbers"), Self.skill("two", "Sorts numbers")]
        let role = Role(id: "dev")
        let request = SkillRequest(text: "sort the numbers", role: role, category: "data")
        #expect(choose(request, pool).skills.map(\.id) == ["one", "two"])
        let slot = SlotSpec(worker: "dev-1", number: 1, role: "dev")
        let start = RunStart(
            run: "r", mission: "m", missionName: "M", missionFile: "", project: "/p", target: "main",
            agent: "x",
            budget: nil, process: ProcessIdentity(pid: 1, startTime: 1), head: nil, slots: [slot],
            simulated: false)
        let lease = Lease(task: "t", attempt: 1)
        let facts: [Fact.Body] = [
            .runStarted(start), .taskAdded(TaskSpec(id: "t", category: "data"), proposedBy: nil),
            .leaseGranted(lease, worker: "dev-1"),
            .toolStarted(lease, name: "mcp__coord__two", id: "1", summary: ""),
            .toolStarted(lease, name: "two", id: "2", summary: ""),
            .toolStarted(lease, name: "Bash", id: "3", summary: ""),
        ]
        for fact in facts { usage.take(fact) { $0 == "one" || $0 == "two" } }
        #expect(usage.calls(of: "two", role: "dev", category: "data") == 1, "twice in one attempt is once")
        #expect(usage.calls(of: "two", role: "dev", category: "web") == 0)
        let choice = choose(request, pool, usage: usage)
        #expect(choice.skills.map(\.id) == ["two", "one"])
        #expect(choice.skills[0].reason.hasSuffix("; called 1× in such tasks"))
    }

    @Test("a circle of needs ends, and is named")
    func circle() {
        let pool = [
            Self.skill("a", "x", requires: ["b"]), Self.skill("b", "x", requires: ["c"]),
            Self.skill("c", "x", requires: ["b"]),
        ]
        let index = SkillIndex(pool)
        let resolver = SkillResolver { id in index.number(of: id).map { pool[$0] } }
        #expect(resolver.resolve(["a"]).problems == [.cycle(["b", "c", "b"])])
        #expect(SkillConflict.cycle(["b", "c", "b"]).description.hasSuffix("`b` → `c` → `b`"))
        #expect(choose(SkillRequest(text: "x9", pinned: ["a"]), pool).skills == [])
    }
}

@Suite("Skills in an agent's hands")
struct SkillSetTests {
    @Test("what is never called goes after six turns, what was ordered stays, what is called stays")
    func idle() {
        var set = SkillSet(["ordered", "used", "idle"], pinned: ["ordered"])
        for _ in 1..<SkillSet.idleTurnsMax { #expect(set.turnEnded(called: ["used"]) == []) }
        #expect(set.turnEnded(called: ["used"]) == ["idle"])
        #expect(set.skills == ["ordered", "used"])
    }

    @Test("what is found comes in, and the longest idle one makes room")
    func found() {
        var set = SkillSet((1...8).map { SkillID("s\($0)") }, pinned: ["s1"])
        _ = set.turnEnded(called: ["s2", "s3"])
        let change = set.add(["new", "s2"])
        #expect(change.added == ["new"] && change.dropped == ["s4"])
        #expect(set.skills.count == SkillSet.most && set.skills.last == "new")
    }
}

@Suite("Words")
struct WordTests {
    @Test(
        "forms of one word come out as one",
        arguments: [
            ("commits", "commit"), ("committed", "commit"), ("running", "run"), ("tests", "test"),
            ("testing", "test"), ("queries", "query"), ("files", "file"), ("branches", "branch"),
            ("dependencies", "dependency"), ("databases", "database"), ("formatting", "format"),
            ("documentation", "docs"), ("migrations", "migrate"), ("errors", "error"),
            ("processes", "process"),
        ])
    func stems(_ left: String, _ right: String) {
        #expect(Words.stems(of: left) == Words.stems(of: right))
    }

    @Test("words that say nothing are left out, text in other letters is kept")
    func silent() {
        #expect(Words.stems(of: "What is the of and a") == [])
        #expect(Words.stems(of: "Größe, naïve").count == 2)
    }
}
