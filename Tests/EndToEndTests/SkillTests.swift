import CoordJSON
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
}
