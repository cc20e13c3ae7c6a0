/// Wrong missions, and what a person reads of each: input above, answer below.
extension BrokenMissions {
    /// Needs that cannot be met.
    static let graph: [Broken] = [
        Broken(
            "a need that is not there", schema: .accepts,
            #"""
            { "id": "release-notes",
              "tasks": [
                { "id": "collect", "prompt": "List what changed" },
                { "id": "write", "prompt": "Write the notes", "deps": [ "colect" ] } ] }
            """#,
            says: #"""
                error: Task `write` needs `colect`, which is not in the mission
                  at mission.json:4:61
                hint: Did you mean `collect`?
                """#),
        Broken(
            "a task that needs itself", schema: .accepts,
            #"""
            { "id": "m", "tasks": [ { "id": "a", "run": "true", "deps": [ "a" ] } ] }
            """#,
            says: #"""
                error: Task `a` needs itself
                  at mission.json:1:63
                """#),
        Broken(
            "a circle of two", schema: .accepts,
            #"""
            { "id": "m", "tasks": [
              { "id": "free", "run": "true" },
              { "id": "a", "run": "true", "deps": [ "free", "b" ] },
              { "id": "b", "run": "true", "deps": [ "a" ] } ] }
            """#,
            says: #"""
                error: These tasks wait for each other: `a → b → a`
                  at mission.json:3:49
                hint: Take one of these needs away, or split a task in two
                """#),
        Broken(
            "two circles and what hangs on them", schema: .accepts,
            #"""
            { "id": "m", "tasks": [
              { "id": "x", "run": "true", "deps": [ "z" ] },
              { "id": "y", "run": "true", "deps": [ "x" ] },
              { "id": "z", "run": "true", "deps": [ "y" ] },
              { "id": "tail", "run": "true", "deps": [ "x", "q" ] },
              { "id": "p", "run": "true", "deps": [ "q" ] },
              { "id": "q", "run": "true", "deps": [ "p" ] } ] }
            """#,
            says: #"""
                error: These tasks wait for each other: `x → z → y → x`
                  at mission.json:2:41
                hint: Take one of these needs away, or split a task in two
                error: These tasks wait for each other: `p → q → p`
                  at mission.json:6:41
                hint: Take one of these needs away, or split a task in two
                """#),
    ]

    /// Nothing to do.
    static let work: [Broken] = [
        Broken(
            "no tasks and no planner", schema: .accepts,
            #"""
            { "id": "m", "goal": "Make it good" }
            """#,
            says: #"""
                error: The mission has no tasks, and no `planning` that would make them
                  at mission.json:1:1
                hint: List `tasks`, or name a role in `planning`: { "role": "producer" }
                """#),
        Broken(
            "an empty list of tasks", schema: .accepts,
            #"""
            { "id": "m",
              "tasks": [] }
            """#,
            says: #"""
                error: The mission has no tasks, and no `planning` that would make them
                  at mission.json:2:12
                hint: List `tasks`, or name a role in `planning`: { "role": "producer" }
                """#),
        Broken(
            "a task with nothing to do", schema: .refuses,
            #"""
            { "id": "m", "tasks": [ { "id": "a", "title": "Do it", "run": null } ] }
            """#,
            says: #"""
                error: Task `a` has neither `prompt` nor `run`
                  at mission.json:1:25
                hint: Say in `prompt` what an agent shall do, or give a shell command in `run`
                """#),
    ]

    /// The play beside the mission.
    static let play: [Broken] = [
        Broken(
            "a rehearsal that is not there", schema: .accepts,
            #"""
            { "id": "m", "rehearsal": "no-such-play", "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `rehearsal` of the mission names the folder `no-such-play`, which is not there
                  at mission.json:1:27
                hint: The folder is looked for beside the mission file
                """#),
        Broken(
            "a rehearsal elsewhere", schema: .accepts,
            #"""
            { "id": "m", "rehearsal": "../elsewhere", "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `rehearsal` of the mission is `../elsewhere`, which is no folder beside it: `..` \#
                leads out of a folder
                  at mission.json:1:27
                """#),
    ]

    /// What is allowed, but doubtful.
    static let doubts: [Broken] = [
        Broken(
            "a prompt beside a command", schema: .accepts,
            #"""
            { "id": "m", "merge": { "gate": [ "make test" ] },
              "tasks": [ { "id": "a", "run": "true", "prompt": "Do it" } ] }
            """#,
            says: #"""
                warning: The prompt of task `a` is not used: `run` is a plain command, no agent works on it
                  at mission.json:2:52
                """#),
        Broken(
            "a need twice", schema: .accepts,
            #"""
            { "id": "m", "merge": { "gate": [ "make test" ] },
              "tasks": [ { "id": "a", "run": "true" }, { "id": "b", "run": "true", "deps": [ "a", "a" ] } ] }
            """#,
            says: #"""
                warning: Task `b` names its need `a` twice
                  at mission.json:2:87
                """#),
        Broken(
            "a planner without a goal", schema: .accepts,
            #"""
            { "id": "m", "merge": { "gate": [ "make test" ] }, "planning": { "role": "producer" } }
            """#,
            says: #"""
                warning: There is a planner, but no `goal` to plan for
                  at mission.json:1:64
                hint: Write a `goal`, or give one with `--goal`
                """#),
        Broken(
            "a team that only writes", schema: .accepts,
            #"""
            { "id": "m", "merge": { "gate": [ "make test" ] },
              "limits": { "budgetUSD": 10 },
              "team": [ { "role": "ui-dev", "count": 3 }, { "role": "backend-dev", "count": 2 } ],
              "tasks": [ { "id": "a", "prompt": "Do it" } ] }
            """#,
            says: #"""
                warning: The team has no `producer`, no `tech-lead`, no `self-reviewer`
                  at mission.json:3:11
                hint: A team works best with one who hands out tasks, one who reviews, one who looks over all
                """#),
        Broken(
            "a team that mostly coordinates", schema: .accepts,
            #"""
            { "id": "m", "merge": { "gate": [ "make test" ] },
              "limits": { "budgetUSD": 15 },
              "team": [ { "role": "producer" }, { "role": "tech-lead" }, { "role": "self-reviewer" },
                        { "role": "ui-dev", "count": 3 }, { "role": "tech-lead", "id": "t2", "count": 2 } ],
              "tasks": [ { "id": "a", "prompt": "Do it" } ] }
            """#,
            says: #"""
                warning: The team has 3 who write and 5 who coordinate; about two to one works best
                  at mission.json:3:11
                """#),
        Broken(
            "a large team without a budget", schema: .accepts,
            #"""
            { "id": "m",
              "team": [ { "role": "producer" }, { "role": "tech-lead" }, { "role": "self-reviewer" },
                        { "role": "ui-dev", "count": 7 } ],
              "tasks": [ { "id": "a", "prompt": "Do it" } ] }
            """#,
            says: #"""
                warning: There is no budget: nothing ends the run when it costs too much
                  at mission.json:2:11
                hint: A team of 10 usually needs about $20: `"budgetUSD": 20` in `limits`
                """#),
        Broken(
            "a budget too small for its team", schema: .accepts,
            #"""
            { "id": "m", "limits": { "budgetUSD": 4.5 },
              "team": [ { "role": "producer" }, { "role": "tech-lead" }, { "role": "self-reviewer" },
                        { "role": "ui-dev", "count": 3 } ],
              "tasks": [ { "id": "a", "prompt": "Do it" } ] }
            """#,
            says: #"""
                warning: The budget of $4.50 is small for a team of 6
                  at mission.json:1:24
                hint: Such a team usually needs about $10
                """#),
        Broken(
            "rounds that never come", schema: .refuses,
            #"""
            { "id": "m", "team": [ { "role": "producer", "rounds": { "max": 2 } } ],
              "tasks": [ { "id": "a", "prompt": "Do it" } ] }
            """#,
            says: #"""
                error: `rounds` of team member `producer` never come
                  at mission.json:1:56
                hint: Give `everyLandings`, a number, or `"atEnd": true`, or both
                """#),
        Broken(
            "roles and capabilities nobody has", schema: .accepts,
            #"""
            { "id": "m", "limits": { "budgetUSD": 20 },
              "team": [ { "role": "producer" }, { "role": "tech-lead" }, { "role": "self-reviewer" },
                        { "role": "ui-dev", "count": 6 } ],
              "tasks": [ { "id": "a", "prompt": "Do it", "capabilities": [ "database" ] },
                         { "id": "b", "prompt": "Do it", "role": "ui-dev", "capabilities": [ "runs-tests" ] },
                         { "id": "c", "prompt": "It", "role": "qa-engineer", "capabilities": [ "browser" ] },
                         { "id": "d", "prompt": "Do it", "role": "qa-engineer" } ] }
            """#,
            says: #"""
                warning: Task `a` asks for `database`, which no worker for it has
                  at mission.json:4:62
                hint: It will be given to a worker without them
                warning: Task `b` asks for `runs-tests`, which no worker for it has
                  at mission.json:5:80
                hint: It will be given to a worker without them
                warning: Task `c` is for the role `qa-engineer`, which no team member has
                  at mission.json:6:51
                hint: Another worker will get it; add { "role": "qa-engineer" } to `team`
                """#),
    ]
}
