import CoordJSON
import CoordSkills
import CoordSystem
import Testing

/// Skills from a file to an agent's hands, with a real run.
@Suite("Skills in a run")
struct SkillRunTests {
    @Test(
        "A skill file of the project comes into the prompt of the task it fits, runs there, and asks when it must"
    )
    func given() throws {
        let stand = try Stand(files: [
            "README.md": "# Project\n", "AGENTS.md": "Never touch vendor/.\n",
            ".coord/skills/shop/print-invoice.skill.json": """
            { "id": "print-invoice", "description": "Prints the invoice of a customer.",
              "triggerExamples": ["Print an invoice", "Invoice as PDF", "Send the bill", "Bill them", "Invoices"],
              "parameters": { "type": "object", "required": ["customer"],
                "properties": { "customer": { "type": "string" } } },
              "handler": { "command": ["printf", "%s!", "{{customer}}"] } }
            """,
        ])
        let mission = try stand.mission(
            """
            "tasks": [ { "id": "bill", "prompt": "Print the invoice of a customer", "skills": ["deploy"] },
                       { "id": "other", "prompt": "Xyzzy", "deps": ["bill"] } ]
            """)
        let coord = Stand.program("coord")
        let agent = try stand.agent(
            """
            cp "$COORD_PROMPT_FILE" "$ROOT/prompt.$COORD_TASK"
            if [ "$COORD_TASK" = bill ]; then
              cp "$COORD_SKILLS_FILE" "$ROOT/skills.json"
              "\(coord)" skills run print-invoice --arg 'customer=Ada; rm -rf *' > "$ROOT/printed" 2>&1
              "\(coord)" skills run deploy --yes > "$ROOT/refused" 2>&1 || echo $? >> "$ROOT/refused"
              "\(coord)" skills allow deploy >> "$ROOT/refused" 2>&1 || echo $? >> "$ROOT/refused"
            fi
            echo "$COORD_TASK" > "$COORD_TASK.txt"
            """)
        let answer = try stand.coord("run", mission, "--agent", agent)
        #expect(answer.status == 0, "\(answer)")
        let prompt = try stand.read("prompt.bill")
        #expect(prompt.contains("- `print-invoice` (customer): Prints the invoice of a customer."))
        #expect(prompt.contains("- `deploy`") && prompt.contains("A person is asked first."))
        #expect(prompt.contains("```text\nNever touch vendor/."))
        #expect(try !stand.read("prompt.other").contains("print-invoice"))
        #expect(try stand.read("printed") == "Ada; rm -rf *!\n")
        let refused = try stand.read("refused").split(separator: "\n").map(String.init)
        #expect(refused.filter { $0 == "3" }.count == 2, "\(refused)")
        let given = try JSONParser.parse(try stand.read("skills.json"))
        let ids = given["skills"]?.arrayValue?.compactMap { $0["id"]?.stringValue } ?? []
        #expect(ids.first == "deploy" && ids.contains("print-invoice") && ids.count <= 8)
        #expect(
            given["skills"]?.arrayValue?.allSatisfy { $0["contentHash"]?.stringValue?.count == 64 } == true)
    }

    @Test("What an attempt was given is recorded by its content, and a file that changed meanwhile is told")
    func content() throws {
        let file = ".coord/skills/shop/print-invoice.skill.json"
        let stand = try Stand(files: [
            file: """
            { "id": "print-invoice", "description": "Prints the invoice of a customer.",
              "triggerExamples": ["Print an invoice", "Invoice as PDF", "Send the bill", "Bill them", "Invoices"],
              "handler": { "command": ["echo", "7"] } }
            """
        ])
        let mission = try stand.mission(
            """
            "tasks": [ { "id": "one", "prompt": "x", "skills": ["print-invoice"], "role": "backend-dev" },
                       { "id": "two", "prompt": "x", "skills": ["print-invoice"], "deps": ["one"] } ]
            """)
        let agent = try stand.agent(
            """
            echo "$COORD_TASK" > "$COORD_TASK.txt"
            [ "$COORD_TASK" = two ] || echo " " >> "$COORD_PROJECT/\(file)"
            """)
        // What the agent touches is in a checkout of another branch than the one that is landed on.
        try stand.git("branch", "landed")
        let answer = try stand.coord(
            ["run", mission, "--agent", agent, "--target", "landed"], with: ["COORD_OVERLAP_MS": "0"])
        #expect(answer.status == 0, "\(answer)")
        let given = try stand.events("content.given")
        try #require(given.count == 2)
        func mark(_ attempt: Int, _ kind: String, _ name: String) -> JSONValue? {
            given[attempt]["data"]?["content"]?.arrayValue?.first {
                $0["kind"] == .string(kind) && $0["name"] == .string(name)
            }
        }
        let bytes = try Files.read(stand.root + "/mission.json")
        #expect(mark(0, "mission", "mission")?["sha256"]?.stringValue == ContentHash.hexadecimal(bytes))
        #expect(mark(0, "role", "backend-dev") != nil)
        let before = mark(0, "skill", "print-invoice"), after = mark(1, "skill", "print-invoice")
        #expect(before?["changed"] == .bool(false) && after?["changed"] == .bool(true))
        #expect(before?["sha256"] != after?["sha256"])
        let report = try stand.coord("report")
        #expect(report.output.contains("What agents were given"), "\(report)")
        #expect(report.output.contains("changed in the middle of the run"))
        let events = try stand.coord("events")
        #expect(
            events.output.contains("skill `print-invoice` changed since the run first used it"), "\(events)")
    }
}
