import CoordJSON
import CoordSystem
import Testing

@Suite("coord audit")
struct AuditTests {
    private func finished() throws -> Stand {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "merge": { "gate": ["true"] },
            "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x" }, { "id": "c", "prompt": "x" } ]
            """)
        let answer = try stand.coord(
            ["run", mission, "--agent", stand.agent("echo \"$COORD_TASK\" > \"$COORD_TASK.txt\"")])
        #expect(answer.status == 0, "\(answer)")
        return stand
    }

    @Test("A run that did as its journal says is clean, and a person's commit is named as such")
    func clean() throws {
        let stand = try finished()
        let audit = try stand.coord("audit")
        #expect(audit.status == 0, "\(audit)")
        try stand.git("commit", "-q", "--allow-empty", "-m", "By hand")
        let again = try stand.coord("audit", "--json")
        #expect(again.status == 0)
        let document = try JSONParser.parse(again.output)
        #expect(document["landings"] == 3)
        #expect(document["findings"]?.arrayValue?.isEmpty == true)
        #expect(document["foreign"]?.arrayValue?.first?["subject"] == "By hand")
    }

    @Test("A landing whose files were swapped behind coord's back is found")
    func swapped() throws {
        let stand = try finished()
        let commit = try stand.chain().last ?? ""
        let parents = try stand.git("log", "-1", "--format=%P", commit).split(separator: " ").map(String.init)
        let message = try stand.git("log", "-1", "--format=%B", commit)
        try stand.write("message", message + "\n")
        let tree = try stand.git("rev-parse", parents[0] + "^{tree}")
        let arguments =
            ["commit-tree", tree, "-F", stand.root + "/message"] + parents.flatMap { ["-p", $0] }
        let forged = try stand.git(list: arguments)
        try stand.git("update-ref", "refs/heads/main", forged)
        let audit = try stand.coord("audit", "--json")
        #expect(audit.status == 1, "\(audit)")
        let findings = try JSONParser.parse(audit.output)["findings"]?.arrayValue ?? []
        #expect(findings.contains { $0["what"]?.stringValue?.contains("with other files") == true })
        #expect(findings.contains { $0["what"]?.stringValue?.contains("does not hold any more") == true })
        #expect(findings.allSatisfy { $0["hint"]?.stringValue?.isEmpty == false })
    }

    @Test("A target that was rewound is found")
    func rewound() throws {
        let stand = try finished()
        try stand.git("update-ref", "refs/heads/main", try stand.chain().first ?? "")
        let audit = try stand.coord("audit")
        #expect(audit.status == 1, "\(audit)")
        #expect(audit.output.contains("does not hold any more"))
    }

    @Test(
        "Bad input is refused with a sentence",
        arguments: [
            ("audit no-such-run", "there is no run `no-such-run`"), ("audit a b", "has no use for `b`"),
            ("audit --wrong", "has no flag `--wrong`"),
        ])
    func badInput(_ line: String, _ words: String) throws {
        let stand = try finished()
        let answer = try stand.coord(line.split(separator: " ").map(String.init))
        #expect(answer.status == 2 && answer.speech.contains(words), "\(answer)")
    }
}

@Suite("A person must decide")
struct DecisionTests {
    @Test("With nobody to ask, a run that waits for a person alone ends with 3 and says what to do")
    func approval() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "tasks": [ { "id": "a", "prompt": "x", "approval": true }, { "id": "b", "prompt": "x" },
                       { "id": "c", "prompt": "x", "deps": ["a"] } ]
            """)
        let agent = try stand.agent("echo \"$COORD_TASK\" > \"$COORD_TASK.txt\"")
        let answer = try stand.coord(["run", mission, "--agent", agent, "--no-input"])
        #expect(answer.status == 3, "\(answer)")
        #expect(answer.speech.contains("coord tasks approve a"), "\(answer)")
        #expect(try stand.document("status")["run"]?["status"] == "stopped")
        #expect(try stand.stage("a") == "approval")
        let approved = try stand.coord("tasks", "approve", "a")
        #expect(approved.status == 0, "\(approved)")
        #expect(approved.output.contains("--resume"))
        let again = try stand.coord(["run", mission, "--agent", agent, "--no-input", "--resume"])
        #expect(again.status == 0, "\(again)")
        let chain = try stand.chain()
        #expect(try Set(chain.map { try stand.trailer("Coord-Task", of: $0) }) == ["a", "b", "c"])
        #expect(try stand.coord("tasks", "approve", "a").status == 2)
        // Also what was handed in to the coordinator before names who made it.
        let manned = try stand.document("workers")["workers"]?.arrayValue ?? []
        let workers = Set(manned.compactMap { $0["id"]?.stringValue })
        #expect(try workers.isSuperset(of: chain.map { try stand.trailer("Coord-Worker", of: $0) }))
    }

    @Test("What landed since the run began is no part of its gate, also for the coordinator that goes on")
    func gateOfTheStart() throws {
        let stand = try Stand()
        let mission = try stand.mission(
            """
            "merge": { "gate": ["[ ! -e late.sh ] || sh late.sh"] },
            "tasks": [ { "id": "a", "prompt": "x" }, { "id": "b", "prompt": "x", "deps": ["a"], "approval": true },
                       { "id": "c", "prompt": "x", "deps": ["b"] } ]
            """)
        let agent = try stand.agent(
            "case $COORD_TASK in b) echo b > b.txt ;; *) echo 'true' >> late.sh ;; esac")
        #expect(try stand.coord("run", mission, "--agent", agent, "--no-input").status == 3)
        #expect(try stand.coord("tasks", "approve", "b").status == 0)
        let answer = try stand.coord("run", mission, "--agent", agent, "--no-input", "--resume")
        #expect(answer.status == 0, "\(answer)")
        #expect(try stand.events("approval.asked").count == 1)
        #expect(try stand.read(stand.project + "/late.sh") == "true\ntrue\n")
    }
}
