import CoordJSON
import CoordSystem
import Testing

/// Ways for an agent to pass a gate without doing the work.
@Suite("Cheats")
struct CheatTests {
    /// A gate that tells how many tests ran; which ones is in files that nobody thought of protecting.
    private static let gate = """
        ran=0; skipped=0
        for test in $(cat suite.list); do
          if grep -qx "$test" skip.list; then skipped=$((skipped+1)); continue; fi
          sh "tests/$test.sh" || exit 1
          ran=$((ran+1))
        done
        echo "$ran passed, 0 failed, $skipped skipped"
        """

    private static let files = [
        "test.sh": gate, "suite.list": "a\nb\n", "skip.list": "none\n",
        "ci/pipeline.yml": "run: sh test.sh\n",
        "tests/a.sh": "test 1 = 1\n", "tests/b.sh": "test 2 = 2\n", "README.md": "# Project\n",
    ]

    /// Each with what the person is told.
    private static let cheats: [(task: String, script: String, reason: String)] = [
        ("delete", "rm tests/b.sh", "`tests/b.sh`"),
        ("weaken", "echo 'echo 9 passed, 0 failed' > test.sh", "`test.sh`"),
        ("settings", "mkdir -p .coord; echo '{}' > .coord/config.json", "`.coord/config.json`"),
        ("pipeline", "echo 'run: true' > ci/pipeline.yml", "`ci/pipeline.yml`"),
        ("empty", ": > tests/a.sh", "`tests/a.sh`"),
        ("rename", "mv tests/b.sh old.sh", "`tests/b.sh`"),
        ("case", "mkdir -p TESTS; echo true > TESTS/a.sh", "`TESTS/a.sh`"),
        ("link", "ln -sf b.sh tests/a.sh", "`tests/a.sh`"),
        (
            "forge", "echo true > tests/a.sh; git add -A; git commit -q -m 'Done' -m 'Coord-Task: honest'",
            "`tests/a.sh`"
        ),
        ("exit", "sed -i '1i exit 0' tests/a.sh", "`tests/a.sh`"),
        ("swap", "mv tests/a.sh x; mv tests/b.sh tests/a.sh; mv x tests/b.sh", "`tests/a.sh`"),
        ("mode", "chmod +x tests/a.sh", "`tests/a.sh`"),
        ("add", "echo true > tests/c.sh", "`tests/c.sh`"),
        ("nest", "mkdir tests/deep; echo true > tests/deep/c.sh", "`tests/deep/c.sh`"),
        ("away", "mv tests old", "`tests/b.sh`"),
        ("folder", "mv tests other; ln -s other tests", "`tests/b.sh`"),
        ("remove", "git rm -q tests/b.sh; git commit -q -m x", "`tests/b.sh`"),
        ("history", "echo true > tests/a.sh; git add -A; git commit -q --amend -m x", "`tests/a.sh`"),
        ("assume", "git update-index --assume-unchanged tests/a.sh; echo true > tests/a.sh", "`tests/a.sh`"),
        ("hide", "git update-index --skip-worktree tests/a.sh; echo true > tests/a.sh", "`tests/a.sh`"),
        ("sparse", "git sparse-checkout set ci; echo x > x", "`tests/b.sh`"),
        ("ends", "sed -i 's/$/\\r/' test.sh", "`test.sh`"),
        ("gone", "rm test.sh", "`test.sh`"),
        ("gate", "rm test.sh; mkdir test.sh; echo x > test.sh/x", "`test.sh`"),
        ("gate-link", "ln -sf suite.list test.sh", "`test.sh`"),
        ("job", "echo 'run: true' > ci/other.yml", "`ci/other.yml`"),
        (
            "mission", "mkdir -p .coord/missions; echo '{}' > .coord/missions/m.json",
            "`.coord/missions/m.json`"
        ),
        ("cut", "echo a > suite.list", "the gate ran fewer tests: 1, before 2"),
        ("skip", "echo b >> skip.list", "the gate ran fewer tests: 1, before 2"),
    ]

    @Test("None of thirty cheats lands, and a person is told of each what it is; honest work lands")
    func none() throws {
        let stand = try Stand(files: Self.files)
        let tasks = Self.cheats.map { "{ \"id\": \"\($0.task)\", \"prompt\": \"x\" }" }
        let mission = try stand.mission(
            """
            "merge": { "gate": ["sh test.sh"], "protected": ["tests/**", "ci/**"] },
            "limits": { "maxAttempts": 1 },
            "tasks": [ { "id": "honest", "prompt": "x" }, { "id": "none", "prompt": "x" },
                       \(tasks.joined(separator: ", ")) ]
            """)
        // One is no question for a person: nothing is tested any more.
        let none = (task: "none", script: ": > suite.list", reason: "no test was found")
        let cases = (Self.cheats + [none]).map { "\($0.task)) \($0.script) ;;" }.joined(separator: "\n")
        let agent = try stand.agent("case $COORD_TASK in honest) echo done > work.txt ;;\n\(cases)\nesac")
        let answer = try stand.coord("run", mission, "--agent", agent, "--no-input")
        #expect(answer.status == 3, "\(answer)")
        let landed = try stand.chain().map { try stand.trailer("Coord-Task", of: $0) }
        #expect(landed == ["honest"])
        let asked = try stand.events("approval.asked")
        for cheat in Self.cheats {
            let fact = asked.first { $0["task"] == .string(cheat.task) }
            #expect(
                fact?["data"]?["reason"]?.stringValue?.contains(cheat.reason) == true,
                "\(cheat.task): \(fact?.text ?? "nobody was asked")")
            #expect(try stand.stage(cheat.task) == "approval")
        }
        #expect(asked.count == Self.cheats.count && Self.cheats.count == 29)
        #expect(try stand.stage("none") == "failed")
        #expect(try stand.task("none")["lastError"]?.stringValue?.contains(none.reason) == true)
        try evidence(stand)
        try resumed(stand, mission, agent)
    }

    /// What the person sees who has to decide.
    private func evidence(_ stand: Stand) throws {
        let document = try stand.document("queue", "show", "cut")
        let items = document["evidence"]?.arrayValue ?? []
        let gate = try #require(items.first { $0["kind"] == "gate" })
        #expect(gate["outcome"] == "passed" && gate["command"] == "sh test.sh" && gate["testCount"] == 1)
        #expect(gate["exitStatus"] == 0 && gate["tree"]?.stringValue?.isEmpty == false)
        #expect(gate["tail"]?.stringValue?.contains("1 passed") == true)
        let text = try stand.coord("queue", "show", "cut").output
        #expect(text.contains("the gate ran fewer tests: 1, before 2") && text.contains("$ sh test.sh"))
        #expect(try stand.coord("queue", "--explain").output.contains("each candidate is tested by itself"))
        #expect(try stand.coord("why", "delete").output.contains("`tests/b.sh`"))
    }

    /// Once a person has said yes, the fall in tests is no question any more, also for the next coordinator.
    private func resumed(_ stand: Stand, _ mission: String, _ agent: String) throws {
        #expect(try stand.coord("tasks", "approve", "cut").status == 0)
        let answer = try stand.coord("run", mission, "--agent", agent, "--no-input", "--resume")
        #expect(answer.status == 3, "\(answer)")
        let landed = try stand.chain().map { try stand.trailer("Coord-Task", of: $0) }
        #expect(landed == ["honest", "cut"])
    }
}
