import CoordModel
import Testing

@testable import CoordCatalog

@Suite("Markdown plans")
struct PlanTests {
    /// The graph as lines such as `b <- a`, in the order of the plan.
    private func graph(_ text: String) -> String {
        let reading = TestCatalog.read(text, file: "plan.md")
        guard let mission = reading.mission else { return reading.errors.printed }
        return mission.tasks.map { task in
            ([task.id.rawValue] + (task.dependencies.isEmpty ? [] : ["<-"])
                + task.dependencies.map(\.rawValue)).joined(separator: " ")
        }.joined(separator: "\n")
    }

    private func task(_ text: String) throws -> TaskSpec {
        let mission = try #require(TestCatalog.read(text, file: "plan.md").mission)
        return try #require(mission.tasks.first)
    }

    @Test(
        "phases follow one another, and tasks of a phase stand side by side",
        arguments: [
            (
                """
                # Plan
                ## Phase 1: Base
                - [ ] **a** A
                - [ ] **b** B
                ## Phase 2: Top
                - [ ] **c** C
                """, "a\nb\nc <- a b"
            ),
            (
                """
                ## 1. One [SEQUENTIAL]
                - [ ] **a** A
                - [ ] **b** B
                - [ ] **c** C [PARALLEL]
                - [ ] **d** D
                ## 2. Two
                - [ ] **e** E
                """, "a\nb <- a\nc <- a\nd <- b c\ne <- d"
            ),
            (
                """
                ## One
                - [ ] **a** A
                ## Two [PARALLEL]
                - [ ] **b** B
                ## Three
                - [ ] **c** C
                """, "a\nb\nc <- a b"
            ),
            (
                """
                ## One
                - [ ] **a** A
                - [ ] **b** B [SEQUENTIAL]
                - [ ] **c** C
                """, "a\nb <- a\nc"
            ),
            (
                """
                ## One
                - [ ] **a** A
                - [ ] **b** B (depends: a)
                - [ ] **c** C — depends: a, b
                - [ ] **d** D
                  - Depends on: `c`
                ## Two
                - [ ] **e** E
                """, "a\nb <- a\nc <- a b\nd <- c\ne <- d"
            ),
            (
                """
                **Execution Note:** Phases 1-2 are [PARALLEL] - nothing in common
                ## Phase 1: One
                **Execution Note:** Tasks 1.1-1.3 are [SEQUENTIAL] - the same file
                - [ ] 1.1 A
                - [ ] 1.2 B
                - [ ] 1.3 C
                ## Phase 2: Two
                - [ ] 2.1 D
                ## Phase 3: Three
                - [ ] 3.1 E
                """, "1.1\n1.2 <- 1.1\n1.3 <- 1.2\n2.1\n3.1 <- 1.3 2.1"
            ),
            (
                """
                ## One
                - [ ] **a** A
                **VERIFY 1:** `make test`
                - [ ] **b** B
                - [ ] **c** C
                VERIFY: looks good
                ## Two
                - [ ] **d** D
                """, "a\nverify-1 <- a\nb <- verify-1\nc <- verify-1\nverify <- b c\nd <- verify"
            ),
            (
                """
                ## One
                - [x] **a** A
                - [ ] **b** B (depends: a)
                ## Two
                - [X] **c** C
                ## Three
                - [ ] **d** D (depends: c)
                """, "b\nd <- b"
            ),
        ])
    func phases(_ text: String, _ expected: String) {
        #expect(graph(text) == expected)
    }

    @Test("what stands indented below a task is its prompt, with the phase it is part of")
    func prompt() throws {
        let spec = try task(
            """
            # Shop
            ## Phase 2: Server
            **Objective:** An API that holds.

            - [ ] 2.1 Write `src/server/api.js` and `README.md`
              - Use **one** file
                - with handlers
              - [ ] answer 404

              ```sh
              - [ ] no task
              make
              ```
              The end.
            """)
        #expect(spec.id == "2.1")
        #expect(spec.title == "Write src/server/api.js and README.md")
        #expect(spec.files == ["src/server/api.js", "README.md"])
        #expect(
            spec.prompt == """
                Write `src/server/api.js` and `README.md`
                - Use **one** file
                  - with handlers
                - [ ] answer 404

                ```sh
                - [ ] no task
                make
                ```
                The end.

                This is part of: Phase 2: Server. An API that holds.
                """)
    }

    @Test("notes below a task are read, and not told to its agent")
    func notes() throws {
        let spec = try task(
            """
            - [ ] Write the server (role: backend-dev)
              - files: src/server/**, package.json
              - skills: lint and test-runner
              - VERIFY: run `make api-test` and `make lint`.
              - Verify by hand that it answers
              - run: `make server`
              - Files: the ones you need, and no others
            """)
        #expect(spec.role == "backend-dev")
        #expect(spec.files == ["src/server/**", "package.json"])
        #expect(spec.skills == ["lint", "test-runner"])
        #expect(spec.checks == ["make api-test", "make lint"])
        #expect(spec.run == "make server")
        #expect(
            spec.prompt == """
                Write the server
                - Verify by hand that it answers
                - Files: the ones you need, and no others
                """)
    }

    @Test(
        "a task's name is its own, or its words",
        arguments: [
            ("- [ ] **api-server** Write it", "api-server", "Write it"),
            ("- [ ] **`api-server`** — Write it", "api-server", "Write it"),
            ("* [ ] **api:** Write it", "api", "Write it"),
            ("+ [ ] 1.2 Write it", "1.2", "Write it"),
            ("- [ ] 1.2.3: Write it", "1.2.3", "Write it"),
            ("1. [ ] Write it", "write-it", "Write it"),
            ("- [ ] 1. Write it", "1-write-it", "1. Write it"),
            ("- [ ] 3 buttons", "3-buttons", "3 buttons"),
            ("- [ ] **Write** it well", "write-it-well", "Write it well"),
            ("- [ ] 一二三", "task-1", "一二三"),
            (
                "- [ ] Create `lib/a.js`, [docs](x.md) and more words than fit here",
                "create-lib-a-js-docs-x-md-and-more-words", nil
            ),
            ("- [ ] ../../etc/passwd", "etc-passwd", "../../etc/passwd"),
        ] as [(String, TaskID, String?)])
    func names(_ line: String, _ id: TaskID, _ title: String?) throws {
        let spec = try task(line)
        #expect(spec.id == id)
        #expect(spec.id.isValid)
        if let title { #expect(spec.title == title) }
    }

    @Test("names made from words give way to names that were given, and to each other")
    func uniqueNames() {
        #expect(
            graph(
                """
                - [ ] Write it
                - [ ] Write it!
                - [ ] **write-it** Write this
                VERIFY: `a`
                VERIFY: `b`
                """)
                    == """
                    write-it-2
                    write-it-3
                    write-it
                    verify <- write-it-2 write-it-3 write-it
                    verify-2 <- verify
                    """)
    }

    @Test(
        "a check that is only code is a command; any other is for the self-reviewer",
        arguments: [
            ("VERIFY: `make test`", "make test"),
            ("**VERIFY 1:** Run `make` and `make test`.", "make && make test"),
            ("- [ ] VERIFY: `make test` passes", "make test"),
            ("**VERIFY:** Run `make serve`, open the page", nil),
            ("VERIFY: everything works", nil),
        ] as [(String, String?)])
    func verify(_ line: String, _ command: String?) throws {
        let mission = try #require(TestCatalog.read("- [ ] Do it\n\n\(line)", file: "plan.md").mission)
        #expect(mission.tasks.count == 2)
        #expect(mission.tasks[1].run == command)
        #expect(mission.tasks[1].role == (command == nil ? "self-reviewer" : nil))
        #expect(mission.tasks[1].prompt.isEmpty == (command != nil))
    }

    @Test("title, first words, criteria and gate are the mission's own")
    func mission() throws {
        let text = """
            ---
            author: somebody
            ---
            # Notes app

            A page that keeps notes,
            and nothing else.

            Not this.

            Gate: `make test`

            ## Overview
            Nor this.
            - [ ] a box

            ## Phase 1: All of it
            - [ ] Write it

            ---

            ## Success criteria
            ### Functional
            - [ ] It **works**
            - [x] It is small
            """
        let reading = TestCatalog.read(text, file: "plans/notes-app.md")
        let mission = try #require(reading.mission)
        #expect(reading.diagnostics == [])
        #expect(mission.id == "notes-app")
        #expect(mission.name == "Notes app")
        #expect(mission.description == "A page that keeps notes, and nothing else.")
        #expect(mission.merge.gate == ["make test"])
        #expect(mission.tasks.map(\.id) == ["write-it"])
        #expect(
            mission.goal == """
                Notes app

                A page that keeps notes, and nothing else.

                Done when:
                - It works
                - It is small
                """)
    }

    @Test("line ends of other systems and tabs make no difference")
    func lineEnds() throws {
        let spec = try task("# P\r\n## One\r\n- [ ] **a** Do it\r\n\t- this\r\n\r\n\tand that\r\n")
        #expect(spec.prompt == "Do it\n  - this\n\n  and that\n\nThis is part of: One")
    }

    @Test("wide phases are tied by one task in between, not by the product of both")
    func wide() throws {
        let lines = (0..<200).map { "- [ ] **t\($0)** T" }.joined(separator: "\n")
        let more = (0..<200).map { "- [ ] **u\($0)** U" }.joined(separator: "\n")
        let mission = try #require(
            TestCatalog.read("## One\n\(lines)\n## Two\n\(more)\n", file: "plan.md").mission)
        #expect(mission.tasks.count == 401)
        #expect(mission.tasks.reduce(0) { $0 + $1.dependencies.count } == 400)
        let barrier = try #require(mission.tasks.first { $0.run == "true" })
        #expect(barrier.id == "phase-2-start")
        #expect(barrier.workspace == .none)
    }
}
