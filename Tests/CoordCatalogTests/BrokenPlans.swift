/// Wrong plans, and what a person reads of each: input above, answer below.
enum BrokenPlans {
    /// Everything a plan can have wrong.
    static let all: [Broken] = [
        Broken(
            "no tasks",
            #"""
            # A plan

            Some thoughts, and no box.
            """#,
            says: #"""
                error: The plan has no tasks
                  at plan.md
                hint: A task is a line such as `- [ ] Write the parser`, at the margin
                """#),
        Broken(
            "everything done",
            #"""
            # A plan
            - [x] Write it
            - [X] Test it
            """#,
            says: #"""
                error: Every task of the plan is ticked off; nothing is left to do
                  at plan.md
                """#),
        Broken(
            "a need that is not there",
            #"""
            ## Phase 1: Base
            - [ ] 1.1 Write the schema
            ## Phase 2: Server
            - [ ] 2.1 Write the server (depends: 1.1, 1.7)
            """#,
            says: #"""
                error: Task `2.1` needs `1.7`, which is not in the plan
                  at plan.md:4:43
                hint: Did you mean `1.1`?
                """#),
        Broken(
            "needs in a circle",
            #"""
            - [ ] **ask** Ask (depends: answer)
            - [ ] **answer** Answer
              - depends: ask
            """#,
            says: #"""
                error: These tasks wait for each other: `ask → answer → ask`
                  at plan.md:1:29
                hint: Take one of these needs away, or split a task in two
                """#),
        Broken(
            "a task that needs a later phase",
            #"""
            ## One
            - [ ] **early** Start (depends: late)
            ## Two
            - [ ] **late** End
            """#,
            says: #"""
                error: These tasks wait for each other: `early → late → early`
                  at plan.md:2:33
                hint: Take one of these needs away, or split a task in two
                """#),
        Broken(
            "a task that needs itself",
            #"""
            - [ ] 1.1 Loop (depends: 1.1)
            """#,
            says: #"""
                error: Task `1.1` needs itself
                  at plan.md:1:26
                """#),
        Broken(
            "two tasks of one name",
            #"""
            - [ ] **api** Write it
            - [ ] **api** Write it again
            """#,
            says: #"""
                error: Two tasks are called `api`
                  at plan.md:2:9
                hint: The first one stands at 1:9
                """#),
        Broken(
            "no box",
            #"""
            - [?] Write it
            - [ ] Test it
            """#,
            says: #"""
                error: `[?]` is no box of a task
                  at plan.md:1:1
                hint: Write `[ ]` for open and `[x]` for done
                """#),
        Broken(
            "a task that says nothing",
            #"""
            - [ ] **api**
            - [ ]
            """#,
            says: #"""
                error: The task `api` says nothing
                  at plan.md:1:1
                error: The task `task-2` says nothing
                  at plan.md:2:1
                """#),
        Broken(
            "a check that says nothing",
            #"""
            - [ ] Write it
            VERIFY:
            """#,
            says: #"""
                error: The check `verify` says nothing
                  at plan.md:2:1
                """#),
        Broken(
            "an unknown role",
            #"""
            - [ ] Write it (role: backend_dev)
            - [ ] Draw it
              - role: painter
            """#,
            says: #"""
                error: Task `write-it` names the role `backend_dev`, which is not in the catalogue
                  at plan.md:1:23
                hint: Did you mean `backend-dev`?
                error: Task `draw-it` names the role `painter`, which is not in the catalogue
                  at plan.md:3:11
                hint: `coord roles list` names the roles there are
                """#),
        Broken(
            "an unknown skill",
            #"""
            - [ ] Write it
              - skills: lint, test-runer
            """#,
            says: #"""
                error: Task `write-it` names the skill `test-runer`, which is not in the catalogue
                  at plan.md:2:19
                hint: Did you mean `test-runner`?
                """#),
        Broken(
            "a note about tasks that are not there",
            #"""
            **Execution Note:** Tasks 1.1-1.3 are [SEQUENTIAL] - same file
            - [ ] 1.1 Write it
            - [ ] 1.2 Test it
            """#,
            says: #"""
                error: The note names the task `1.3`, which is not in the plan
                  at plan.md:1:27
                hint: Did you mean `1.1`?
                """#),
        Broken(
            "a note about phases that are not there",
            #"""
            **Execution Note:** Phases 1-3 are [PARALLEL] - no common file
            ## Phase 1: One
            - [ ] Write it
            """#,
            says: #"""
                error: The note names the phase `3`, which is not in the plan
                  at plan.md:1:28
                """#),
        Broken(
            "only boxes that are no tasks",
            #"""
            # A plan
            ## Success criteria
            - [ ] It works
            ```
            - [ ] not a task
            ```
            <!-- - [ ] not a task either -->
            """#,
            says: #"""
                error: The plan has no tasks
                  at plan.md
                hint: A task is a line such as `- [ ] Write the parser`, at the margin
                """#),
    ]
}
