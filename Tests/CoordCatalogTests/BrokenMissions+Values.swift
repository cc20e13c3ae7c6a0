/// Wrong missions, and what a person reads of each: input above, answer below.
extension BrokenMissions {
    /// Names that are none.
    static let names: [Broken] = [
        Broken(
            "a name that leaves its folder", schema: .refuses,
            #"""
            { "id": "../../etc/passwd", "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `id` of the mission is `../../etc/passwd`, which is no name
                  at mission.json:1:9
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                """#),
        Broken(
            "an encoded way out", schema: .refuses,
            #"""
            { "id": "%2e%2e", "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `id` of the mission is `%2e%2e`, which is no name
                  at mission.json:1:9
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                """#),
        Broken(
            "capitals, spaces, a slash, an option, a lock, nothing", schema: .refuses,
            #"""
            { "id": "m", "tasks": [
              { "id": "API", "run": "true" },
              { "id": "the api", "run": "true" },
              { "id": "a/b", "run": "true" },
              { "id": "-rf", "run": "true" },
              { "id": "a.lock", "run": "true" },
              { "id": "", "run": "true" } ] }
            """#,
            says: #"""
                error: `id` of task 1 is `API`, which is no name
                  at mission.json:2:11
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                error: `id` of task 2 is `the api`, which is no name
                  at mission.json:3:11
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                error: `id` of task 3 is `a/b`, which is no name
                  at mission.json:4:11
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                error: `id` of task 4 is `-rf`, which is no name
                  at mission.json:5:11
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                error: `id` of task 5 is `a.lock`, which is no name
                  at mission.json:6:11
                hint: A name neither holds `..` nor ends in `.` or `.lock`
                error: `id` of task 6 is empty
                  at mission.json:7:11
                """#),
        Broken(
            "a name of 65 letters", schema: .refuses,
            #"""
            { "id": "m", "tasks": [ { "id": "\#(letters(65))", "run": "true" } ] }
            """#,
            says: #"""
                error: `id` of task 1 is `\#(letters(65))`, which is no name
                  at mission.json:1:33
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                """#),
        Broken(
            "a null character in a name", schema: .refuses,
            #"""
            { "id": "m\u0000x", "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `id` of the mission holds a null character
                  at mission.json:1:9
                """#),
        Broken(
            "a title that drives the terminal", schema: .refuses,
            #"""
            { "id": "m", "tasks": [ { "id": "a", "title": "\u001b[2Jgone", "run": "true" } ] }
            """#,
            says: #"""
                error: `title` of task `a` must be one line without control characters
                  at mission.json:1:47
                """#),
        Broken(
            "two tasks of one name", schema: .accepts,
            #"""
            { "id": "m", "tasks": [ { "id": "a", "run": "true" },
                                    { "id": "a", "run": "false" } ] }
            """#,
            says: #"""
                error: Two tasks are called `a`
                  at mission.json:2:33
                hint: The first one stands at 1:33
                """#),
        Broken(
            "two members of one name", schema: .accepts,
            #"""
            { "id": "m", "team": [ { "role": "ui-dev" }, { "role": "ui-dev" } ],
              "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: Two team members are called `ui-dev`
                  at mission.json:1:56
                hint: The first one stands at 1:34; give one another `id`, or use `count`
                """#),
        Broken(
            "a member's name too long for its workers", schema: .refuses,
            #"""
            { "id": "m", "team": [ { "id": "\#(letters(61))", "role": "ui-dev" } ],
              "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `id` of team member `\#(letters(61))` is longer than 60 letters, and its workers \#
                get a number behind it
                  at mission.json:1:32
                """#),
    ]

    /// Numbers out of range.
    static let ranges: [Broken] = [
        Broken(
            "nought", schema: .refuses,
            #"""
            { "id": "m", "limits": { "maxConcurrency": 0, "maxAttempts": 0, "taskTimeoutSeconds": 0,
                                     "rate": { "requestsPerMinute": 0 } },
              "merge": { "parallel": 0, "batch": 0 },
              "tasks": [ { "id": "a", "run": "true", "maxAttempts": 0 } ] }
            """#,
            says: #"""
                error: `maxConcurrency` of `limits` is 0, but must be from 1 to 256
                  at mission.json:1:44
                error: `maxAttempts` of `limits` is 0, but must be from 1 to 20
                  at mission.json:1:62
                error: `taskTimeoutSeconds` of `limits` is 0, but must be from 1 to 604800
                  at mission.json:1:87
                error: `requestsPerMinute` of `limits.rate` is 0, but must be from 1 to 1000000000000
                  at mission.json:2:57
                error: `parallel` of `merge` is 0, but must be from 1 to 64
                  at mission.json:3:26
                error: `batch` of `merge` is 0, but must be from 1 to 256
                  at mission.json:3:38
                error: `maxAttempts` of task `a` is 0, but must be from 1 to 20
                  at mission.json:4:57
                """#),
        Broken(
            "a soft limit above the hard one", schema: .accepts,
            #"""
            { "id": "m", "limits": { "budgetUSD": 5, "softBudgetUSD": 6 },
              "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `softBudgetUSD` of `limits` is $6.00, above its `budgetUSD`, $5.00
                  at mission.json:1:59
                hint: At the first a person is asked, at the second the run ends
                """#),
        Broken(
            "below nought", schema: .refuses,
            #"""
            { "id": "m", "limits": { "budgetUSD": -1, "maxConcurrency": -1 },
              "tasks": [ { "id": "a", "run": "true", "priority": -101, "budgetUSD": -0.01 } ] }
            """#,
            says: #"""
                error: `budgetUSD` of `limits` is -1, but must be from 0 to 1000000
                  at mission.json:1:39
                error: `maxConcurrency` of `limits` is -1, but must be from 1 to 256
                  at mission.json:1:61
                error: `priority` of task `a` is -101, but must be from -100 to 100
                  at mission.json:2:54
                error: `budgetUSD` of task `a` is -0.01, but must be from 0 to 1000000
                  at mission.json:2:73
                """#),
        Broken(
            "a thousand million", schema: .refuses,
            #"""
            { "id": "m", "limits": { "maxConcurrency": 1000000000, "budgetUSD": 1000000000, \#
            "runTimeoutSeconds": 1000000000,
                                     "maxAttempts": 21 },
              "team": [ { "role": "ui-dev", "count": 257 } ],
              "tasks": [ { "id": "a", "run": "true", "priority": 101, "timeoutSeconds": 604801 } ] }
            """#,
            says: #"""
                error: `maxConcurrency` of `limits` is 1000000000, but must be from 1 to 256
                  at mission.json:1:44
                error: `budgetUSD` of `limits` is 1000000000, but must be from 0 to 1000000
                  at mission.json:1:69
                error: `runTimeoutSeconds` of `limits` is 1000000000, but must be from 1 to 604800
                  at mission.json:1:102
                error: `maxAttempts` of `limits` is 21, but must be from 1 to 20
                  at mission.json:2:41
                error: `count` of team member `ui-dev` is 257, but must be from 1 to 256
                  at mission.json:3:42
                error: `priority` of task `a` is 101, but must be from -100 to 100
                  at mission.json:4:54
                error: `timeoutSeconds` of task `a` is 604801, but must be from 1 to 604800
                  at mission.json:4:77
                """#),
        Broken(
            "a fraction of a worker", schema: .refuses,
            #"""
            { "id": "m", "limits": { "maxConcurrency": 1.5, "taskTimeoutSeconds": 0.5 }, "tasks": [ { \#
            "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `maxConcurrency` of `limits` is 1.5, but must be a whole number from 1 to 256
                  at mission.json:1:44
                error: `taskTimeoutSeconds` of `limits` is 0.5, but must be from 1 to 604800
                  at mission.json:1:71
                """#),
        Broken(
            "a number beyond 64 bits", schema: .refuses,
            #"""
            { "id": "m", "limits": { "maxConcurrency": 99999999999999999999 }, "tasks": [ { "id": "a", \#
            "run": "true" } ] }
            """#,
            says: #"""
                error: `maxConcurrency` of `limits` is 1e+20, but must be a whole number from 1 to 256
                  at mission.json:1:44
                """#),
        Broken(
            "more workers together than may be", schema: .accepts,
            #"""
            { "id": "m", "team": [ { "role": "ui-dev", "count": 200 }, { "role": "qa-engineer", "count": \#
            100 } ],
              "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: The team has 300 workers, but at most 256 are allowed
                  at mission.json:1:22
                """#),
        Broken(
            "fewest above most", schema: .accepts,
            #"""
            { "id": "m", "scale": { "min": 5, "max": 2 }, "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `min` of `scale` is 5, above its `max`, 2
                  at mission.json:1:32
                """#),
        Broken(
            "the dearest model below the usual one", schema: .accepts,
            #"""
            { "id": "m", "team": [ { "role": "ui-dev", "model": "opus", "maxModel": "claude-sonnet-4" } ],
              "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `maxModel` of team member `ui-dev` is `claude-sonnet-4`, below its `model`, `opus`
                  at mission.json:1:73
                """#),
    ]
}
