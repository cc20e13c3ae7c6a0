/// Wrong missions, and what a person reads of each: input above, answer below.
extension BrokenMissions {
    /// What is no JSON.
    static let syntax: [Broken] = [
        Broken(
            "a comma too many", schema: .unread,
            #"""
            { "id": "m",
              "tasks": [ { "id": "a", "run": "true" }, ] }
            """#,
            says: #"""
                error: This is not valid JSON: found `]` where a value was expected
                  at mission.json:2:44
                hint: JSON allows no comma after the last entry
                """#),
        Broken(
            "a bracket too few", schema: .unread,
            #"""
            { "id": "m",
              "tasks": [ { "id": "a", "run": "true" } }
            """#,
            says: #"""
                error: This is not valid JSON: found `}` where `,` or `]` was expected
                  at mission.json:2:43
                """#),
        Broken(
            "the text ends", schema: .unread,
            #"""
            { "id": "m", "tasks": [
            """#,
            says: #"""
                error: This is not valid JSON: the document ends too early
                  at mission.json:1:24
                hint: A closing `}`, `]` or `"` may be missing
                """#),
        Broken(
            "a comment", schema: .unread,
            #"""
            { // my mission
              "id": "m" }
            """#,
            says: #"""
                error: This is not valid JSON: found `/` where a key in double quotes was expected
                  at mission.json:1:3
                hint: JSON has no comments
                """#),
        Broken(
            "single quotes", schema: .unread,
            #"""
            { 'id': 'm' }
            """#,
            says: #"""
                error: This is not valid JSON: found `'` where a key in double quotes was expected
                  at mission.json:1:3
                hint: JSON takes double quotes only
                """#),
        Broken(
            "a key twice", schema: .unread,
            #"""
            { "id": "m", "goal": "one",
              "goal": "two" }
            """#,
            says: #"""
                error: This is not valid JSON: the key `goal` stands twice in one object
                  at mission.json:2:3
                """#),
        Broken(
            "no object", schema: .refuses,
            #"""
            [ "m" ]
            """#,
            says: #"""
                error: The mission must be an object, found a list
                  at mission.json:1:1
                """#),
        Broken(
            "a number too large", schema: .unread,
            #"""
            { "id": "m", "limits": { "budgetUSD": 1e999 } }
            """#,
            says: #"""
                error: This is not valid JSON: the number is too large
                  at mission.json:1:39
                """#),
        Broken(
            "nested for ever", schema: .unread,
            #"""
            { "id": \#(deep)
            """#,
            says: #"""
                error: This is not valid JSON: values are nested more than 128 deep
                  at mission.json:1:137
                """#),
    ]

    /// Keys that are unknown, or missing.
    static let keys: [Broken] = [
        Broken(
            "a key misspelt", schema: .refuses,
            #"""
            { "id": "m", "tsks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: Unknown key `tsks` in the mission
                  at mission.json:1:14
                hint: Did you mean `tasks`?
                """#),
        Broken(
            "a key of another tool", schema: .refuses,
            #"""
            { "id": "m", "agents": [], "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: Unknown key `agents` in the mission
                  at mission.json:1:14
                hint: Did you mean `team`?
                """#),
        Broken(
            "an unknown key in every part", schema: .refuses,
            #"""
            { "id": "m",
              "team": [ { "role": "ui-dev", "modle": "opus" } ],
              "limits": { "maxWorkers": 3, "rate": { "rpm": 3 } },
              "scale": { "max": 2, "minimum": 1 },
              "merge": { "branch": "main" },
              "planning": { "role": "producer", "rounds": 3 },
              "tasks": [ { "id": "a", "run": "true", "dependsOn": [] } ] }
            """#,
            says: #"""
                error: Unknown key `modle` in team member `ui-dev`
                  at mission.json:2:33
                hint: Did you mean `model`?
                error: Unknown key `maxWorkers` in `limits`
                  at mission.json:3:15
                hint: Did you mean `maxConcurrency`?
                error: Unknown key `rpm` in `limits.rate`
                  at mission.json:3:42
                hint: Did you mean `requestsPerMinute`?
                error: Unknown key `minimum` in `scale`
                  at mission.json:4:24
                hint: Known keys are `min`, `max`, `queueDepth`, `idleSeconds`
                error: Unknown key `branch` in `merge`
                  at mission.json:5:14
                hint: Did you mean `target`?
                error: Unknown key `rounds` in `planning`
                  at mission.json:6:37
                hint: Known keys are `role`
                error: Unknown key `dependsOn` in task `a`
                  at mission.json:7:42
                hint: Did you mean `deps`?
                """#),
        Broken(
            "no id", schema: .refuses,
            #"""
            { "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: The mission has no `id`
                  at mission.json:1:1
                """#),
        Broken(
            "a task without an id", schema: .refuses,
            #"""
            { "id": "m", "tasks": [ { "id": "a", "run": "true" },
                                    { "run": "true" } ] }
            """#,
            says: #"""
                error: Task 2 has no `id`
                  at mission.json:2:25
                """#),
        Broken(
            "a member without a role", schema: .refuses,
            #"""
            { "id": "m", "team": [ { "id": "ann" } ], "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: Team member `ann` has no `role`
                  at mission.json:1:24
                """#),
    ]

    /// Values of another kind.
    static let kinds: [Broken] = [
        Broken(
            "text where something else belongs", schema: .refuses,
            #"""
            { "id": "m", "team": "everybody", "limits": "none", "services": "api",
              "merge": { "gate": "make test" },
              "tasks": [ { "id": "a", "run": "true", "deps": "b", "approval": "yes", "priority": "high" } ] }
            """#,
            says: #"""
                error: `team` of the mission must be a list of members, found a string
                  at mission.json:1:22
                error: `limits` must be an object, found a string
                  at mission.json:1:45
                error: `services` of the mission must be a list of service names, found a string
                  at mission.json:1:65
                hint: Write `["api"]`
                error: `gate` of `merge` must be a list of commands, found a string
                  at mission.json:2:22
                hint: Write `["make test"]`
                error: `deps` of task `a` must be a list of task ids, found a string
                  at mission.json:3:50
                hint: Write `["b"]`
                error: `approval` of task `a` must be true or false, found a string
                  at mission.json:3:67
                error: `priority` of task `a` must be a whole number, found a string
                  at mission.json:3:86
                """#),
        Broken(
            "something else where text belongs", schema: .refuses,
            #"""
            { "id": "m", "name": 7, "goal": ["ship"], "assignment": true, "agent": {},
              "tasks": [ { "id": 1, "prompt": false } ] }
            """#,
            says: #"""
                error: `name` of the mission must be a string, found a number
                  at mission.json:1:22
                error: `goal` of the mission must be a string, found a list
                  at mission.json:1:33
                error: `assignment` of the mission must be a string, found true or false
                  at mission.json:1:57
                error: `agent` of the mission must be a string, found an object
                  at mission.json:1:72
                error: `id` of task 1 must be a string, found a number
                  at mission.json:2:22
                error: `prompt` of task 1 must be a string, found true or false
                  at mission.json:2:35
                """#),
        Broken(
            "null for a value", schema: .refuses,
            #"""
            { "id": "m", "name": null, "tasks": [ { "id": "a", "run": "true", "role": null } ] }
            """#,
            says: #"""
                error: `name` of the mission must be a string, found null
                  at mission.json:1:22
                hint: Leave the key out instead
                error: `role` of task `a` must be a string, found null
                  at mission.json:1:75
                hint: Leave the key out instead
                """#),
        Broken(
            "entries of the wrong kind in lists", schema: .refuses,
            #"""
            { "id": "m", "team": [ "ui-dev" ], "merge": { "gate": [ "make", 7 ] },
              "tasks": [ "build it", { "id": "a", "run": "true", "deps": [ null ] } ] }
            """#,
            says: #"""
                error: Team member 1 must be an object, found a string
                  at mission.json:1:24
                error: `gate` of `merge` must be a list of commands, found a number in it
                  at mission.json:1:65
                error: Task 1 must be an object, found a string
                  at mission.json:2:14
                error: `deps` of task `a` must be a list of task ids, found null in it
                  at mission.json:2:64
                """#),
        Broken(
            "tasks as an object", schema: .refuses,
            #"""
            { "id": "m", "tasks": { "a": "build it" } }
            """#,
            says: #"""
                error: `tasks` of the mission must be a list of tasks, found an object
                  at mission.json:1:23
                """#),
        Broken(
            "empty texts", schema: .refuses,
            #"""
            { "id": "m", "name": " ", "merge": { "gate": [ "" ] },
              "tasks": [ { "id": "a", "run": "", "checks": [ "\t" ] } ] }
            """#,
            says: #"""
                error: `name` of the mission is empty
                  at mission.json:1:22
                error: An entry of `gate` of `merge` is empty
                  at mission.json:1:48
                error: `run` of task `a` is empty
                  at mission.json:2:34
                error: An entry of `checks` of task `a` is empty
                  at mission.json:2:50
                """#),
        Broken(
            "a null character in a command", schema: .refuses,
            #"""
            { "id": "m", "tasks": [ { "id": "a", "run": "echo \u0000" } ] }
            """#,
            says: #"""
                error: `run` of task `a` holds a null character
                  at mission.json:1:45
                """#),
    ]
}
