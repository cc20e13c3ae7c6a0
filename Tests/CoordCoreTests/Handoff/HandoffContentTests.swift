import CoordCore
import CoordModel
import Testing

@Suite struct `Notes of an agent for the next session` {
    @Test func `are read from Markdown with headings of any usual wording`() {
        let notes = HandoffNotes(
            reading: """
                # Handoff
                I did the parser.

                ## What I completed
                1. Parser in `src/parse.c`
                   with tests
                2) Lexer
                **Decisions:**
                * No recursion, because of the stack
                ### Next steps
                - [ ] wire the parser into main
                - [x] write the grammar
                Gotchas:
                - The fixture file has CRLF line ends

                ## Unclear
                Is UTF-16 wanted?
                ## How to verify
                + `make test`
                """)
        #expect(
            notes.items[.done] == [
                "I did the parser.", "Parser in `src/parse.c`\nwith tests", "Lexer", "write the grammar",
            ])
        #expect(notes.items[.decisions] == ["No recursion, because of the stack"])
        #expect(notes.items[.remaining] == ["wire the parser into main"])
        #expect(notes.items[.pitfalls] == ["The fixture file has CRLF line ends"])
        #expect(notes.items[.questions] == ["Is UTF-16 wanted?"])
        #expect(notes.items[.check] == ["`make test`"])
    }

    @Test(arguments: ["", "\n\n  \n", "\u{0}\u{1}\u{2}", "---\n---\n", "## Done\n\n## Next\n"])
    func `that say nothing are empty`(text: String) { #expect(HandoffNotes(reading: text).isEmpty) }

    @Test func `in coord's own form are taken as they stand`() {
        var document = `A handoff document`.plain()
        document.remaining = ["Wire it up"]
        document.files = ["a.c"]
        let notes = HandoffNotes(reading: HandoffText.render(document))
        #expect(notes.items == [.remaining: ["Wire it up"]])
        #expect(notes.files == ["a.c"])
    }
}

@Suite struct `A claim of a session` {
    private let commit = ObjectID("0123456789abcdef0123456789abcdef01234567")

    private func finding(
        _ text: String, checks: [HandoffDocument.Check] = [], files: [String] = []
    ) -> [HandoffDocument.Finding] {
        let evidence = HandoffEvidence(
            changed: ["src/parse.c", "src/lex/a.c"], commits: commit.map { [$0] } ?? [], checks: checks)
        return HandoffVerification.claims(
            HandoffNotes(items: [.done: [text]], files: files), against: evidence,
            exists: { $0 == "README.md" }
        ).map(\.finding)
    }

    @Test(arguments: [
        ("Wrote the parser in `src/parse.c`.", HandoffDocument.Finding.confirmed),
        ("Moved the lexer to src/lex/", .confirmed), ("Committed as 0123456789ab", .confirmed),
        ("Wrote src/missing.c", .refuted), ("Committed as deadbeef1234", .refuted),
        ("Wrote src/parse.c and src/missing.c", .refuted), ("Read README.md", .unchecked),
        ("Understood the grammar, e.g. the rules", .unchecked), ("All tests pass", .unchecked),
        ("See https://example.org/a/b.html", .unchecked),
    ])
    func `is held against git`(text: String, wanted: HandoffDocument.Finding) {
        #expect(finding(text) == [wanted])
    }

    @Test func `about tests is held against what coord ran on exactly this work`() {
        #expect(finding("All tests pass", checks: [.init("make test", .passed)]) == [.confirmed])
        #expect(finding("All tests pass", checks: [.init("make test", .failed)]) == [.refuted])
        #expect(finding("All tests pass", checks: [.init("make test", .couldNotRun)]) == [.unchecked])
        #expect(finding("All tests pass", checks: [.init("make test")]) == [.unchecked])
    }

    @Test func `about files that git shows no change of is refuted`() {
        #expect(finding("Worked", files: ["src/parse.c", "src/other.c"]) == [.unchecked, .refuted])
    }
}

@Suite struct `A handoff that nobody wrote` {
    private let task = TaskSpec(id: "api", title: "The API", prompt: "Do it.", checks: ["make api-test"])

    @Test func `is made from facts and says so`() {
        let facts = HandoffFacts(
            task: task, gate: ["make test"], note: "the gate was red",
            calls: [
                .init(name: "shell", summary: "make api-test", succeeded: false),
                .init(name: "edit", summary: "src/a.c", succeeded: nil),
            ], words: ["Reading the code", "Which port is meant?"])
        let document = HandoffSynthesis.document(
            `A handoff document`.plain(), notes: HandoffNotes(), facts: facts,
            evidence: HandoffEvidence(changed: ["src/a.c"]), exists: { _ in true })
        #expect(document.origin == .synthesised)
        #expect(document.files == ["src/a.c"])
        #expect(document.done[0].finding == .confirmed)
        #expect(document.done.contains { $0.text.contains("edit: src/a.c (had not ended)") })
        #expect(document.questions == ["Which port is meant?"])
        #expect(document.remaining.count == 1)
        #expect(document.pitfalls.contains { $0.contains("the gate was red") })
        #expect(document.checks == [.init("make api-test"), .init("make test")])
        #expect(document.howToCheck == ["Run `make api-test`.", "Run `make test`."])
    }

    @Test func `differs from one that the session wrote`() {
        let notes = HandoffNotes(Handoff(summary: "Wrote src/a.c", remaining: ["Document it"]))
        let document = HandoffSynthesis.document(
            `A handoff document`.plain(), notes: notes, facts: HandoffFacts(task: task),
            evidence: HandoffEvidence(changed: ["src/a.c"]), exists: { _ in true })
        #expect(document.origin == .agent)
        #expect(document.done == [.init("Wrote src/a.c", .confirmed, evidence: "git shows the change")])
        #expect(document.remaining == ["Document it"])
    }
}

@Suite struct `A new session` {
    private let remaining = ["Wire the parser into main", "Document the grammar in docs/grammar.md"]

    @Test(arguments: [
        "I will wire the parser into main.c next", "Next: documenting the grammar",
        "wiring the parser, then main",
    ])
    func `that names something of what remains has understood`(words: String) {
        #expect(HandoffAcknowledgement.problem(words, remaining: remaining) == nil)
    }

    @Test(arguments: ["", "   \n", "OK", "I have read the handoff and continue now", "Looking at the parser"])
    func `that names nothing of it has not`(words: String) {
        #expect(HandoffAcknowledgement.problem(words, remaining: remaining) != nil)
    }

    @Test func `that is given nothing to do need only speak`() {
        #expect(HandoffAcknowledgement.problem("Checking the result", remaining: []) == nil)
    }
}
