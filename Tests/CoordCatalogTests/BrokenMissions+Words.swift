/// Wrong missions, and what a person reads of each: input above, answer below.
extension BrokenMissions {
    /// Words that are not among the allowed ones.
    static let words: [Broken] = [
        Broken(
            "choices misspelt", schema: .refuses,
            #"""
            { "id": "m", "agent": "cluade", "assignment": "capabilty",
              "merge": { "review": "humans", "deliver": "pullrequest", "style": "rebase" },
              "tasks": [ { "id": "a", "run": "true", "risk": "hgih", "workspace": "clone" } ] }
            """#,
            says: #"""
                error: `agent` of the mission is `cluade`, which is no agent coord knows
                  at mission.json:1:23
                hint: Did you mean `claude`?
                error: `assignment` of the mission is `capabilty`, but must be one of `capability`, \#
                `round-robin`, `work-stealing`
                  at mission.json:1:47
                hint: Did you mean `capability`?
                error: `review` of `merge` is `humans`, but must be one of `none`, `human`, `role:<role>`
                  at mission.json:2:24
                hint: Did you mean `human`?
                error: `deliver` of `merge` is `pullrequest`, but must be one of `branch`, `push`, \#
                `pull-request`
                  at mission.json:2:45
                hint: Did you mean `pull-request`?
                error: `style` of `merge` is `rebase`, but must be one of `merge`, `squash`
                  at mission.json:2:69
                error: `risk` of task `a` is `hgih`, but must be one of `low`, `medium`, `high`
                  at mission.json:3:50
                hint: Did you mean `high`?
                error: `workspace` of task `a` is `clone`, but must be one of `worktree`, `none`
                  at mission.json:3:71
                """#),
        Broken(
            "an agent without its command", schema: .refuses,
            #"""
            { "id": "m", "agent": "command:", "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `agent` of the mission is `command:`, which is no agent coord knows
                  at mission.json:1:23
                hint: Write the command behind `command:`
                """#),
        Broken(
            "a review by a role's bare name", schema: .refuses,
            #"""
            { "id": "m", "merge": { "review": "tech-lead" }, "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `review` of `merge` is `tech-lead`, but must be one of `none`, `human`, `role:<role>`
                  at mission.json:1:35
                hint: Write `role:tech-lead`
                """#),
        Broken(
            "a model's name with a space", schema: .refuses,
            #"""
            { "id": "m", "team": [ { "role": "ui-dev", "model": "claude opus" } ], "tasks": [ { "id": "a", \#
            "run": "true" } ] }
            """#,
            says: #"""
                error: `model` of team member `ui-dev` is `claude opus`, but a model's name has no spaces
                  at mission.json:1:53
                """#),
        Broken(
            "branches git would refuse", schema: .accepts,
            #"""
            { "id": "m", "merge": { "target": "refs/heads/main" }, "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `target` of `merge` is `refs/heads/main`, which is no name of a branch: it is the \#
                full name of a reference
                  at mission.json:1:35
                hint: Write `main`
                """#),
        Broken(
            "a branch with a space", schema: .accepts,
            #"""
            { "id": "m", "merge": { "target": "my branch" }, "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `target` of `merge` is `my branch`, which is no name of a branch: it holds a space \#
                or control character
                  at mission.json:1:35
                """#),
        Broken(
            "patterns that leave the project", schema: .accepts,
            #"""
            { "id": "m", "merge": { "protected": [ "/etc/**" ] },
              "tasks": [ { "id": "a", "run": "true", "files": [ "../other/**", "src\\main.c", "~/x" ] } ] }
            """#,
            says: #"""
                error: `/etc/**` in `protected` of `merge` is no file pattern: it starts outside the project
                  at mission.json:1:40
                hint: Write it from the project's root, as in `src/server/**`
                error: `../other/**` in `files` of task `a` is no file pattern: `..` leads out of a folder
                  at mission.json:2:53
                hint: Write it from the project's root, as in `src/server/**`
                error: `src\main.c` in `files` of task `a` is no file pattern: folders are separated by `/`
                  at mission.json:2:68
                hint: Write it from the project's root, as in `src/server/**`
                error: `~/x` in `files` of task `a` is no file pattern: it starts outside the project
                  at mission.json:2:83
                hint: Write it from the project's root, as in `src/server/**`
                """#),
    ]

    /// Names that are not in the catalogue.
    static let catalogue: [Broken] = [
        Broken(
            "roles misspelt", schema: .accepts,
            #"""
            { "id": "m", "team": [ { "role": "backend_dev" } ], "planning": { "role": "producr" },
              "merge": { "review": "role:techlead" },
              "tasks": [ { "id": "a", "prompt": "Do it", "role": "wizard" } ] }
            """#,
            says: #"""
                error: Team member `backend_dev` names the role `backend_dev`, which is not in the catalogue
                  at mission.json:1:34
                hint: Did you mean `backend-dev`?
                error: `planning` names the role `producr`, which is not in the catalogue
                  at mission.json:1:75
                hint: Did you mean `producer`?
                error: `review` of `merge` names the role `techlead`, which is not in the catalogue
                  at mission.json:2:24
                hint: Did you mean `tech-lead`?
                error: Task `a` names the role `wizard`, which is not in the catalogue
                  at mission.json:3:54
                hint: `coord roles list` names the roles there are
                """#),
        Broken(
            "a role whose file is broken", schema: .accepts,
            #"""
            { "id": "m", "tasks": [ { "id": "a", "prompt": "Do it", "role": "broken-dev" } ] }
            """#,
            says: #"""
                error: Task `a` names the role `broken-dev`, whose file is broken
                  at mission.json:1:65
                hint: roles/broken-dev.md:3:7 says: `kind` of the role is `cod`, but must be one of \#
                `code`, `coordination`
                """#),
        Broken(
            "skills misspelt", schema: .accepts,
            #"""
            { "id": "m", "team": [ { "role": "ui-dev", "skills": [ "test-runer" ] } ],
              "tasks": [ { "id": "a", "run": "true", "skills": [ "cooking" ] } ] }
            """#,
            says: #"""
                error: Team member `ui-dev` names the skill `test-runer`, which is not in the catalogue
                  at mission.json:1:56
                hint: Did you mean `test-runner`?
                error: Task `a` names the skill `cooking`, which is not in the catalogue
                  at mission.json:2:54
                hint: `coord skills list` names the skills there are
                """#),
        Broken(
            "capabilities misspelt", schema: .refuses,
            #"""
            { "id": "m", "tasks": [ { "id": "a", "run": "true", "capabilities": [ "write-code", "flying" ] \#
            } ] }
            """#,
            says: #"""
                error: Task `a` names the capability `write-code`, which does not exist
                  at mission.json:1:71
                hint: Did you mean `writes-code`?
                error: Task `a` names the capability `flying`, which does not exist
                  at mission.json:1:85
                hint: Capabilities are `writes-code`, `reads-tests`, `runs-tests`, `reads-docs`, \#
                `writes-docs`, `git-operations`, `file-system`, `database`, `browser`, `network`
                """#),
        Broken(
            "a service that is no name", schema: .refuses,
            #"""
            { "id": "m", "services": [ "web server" ], "tasks": [ { "id": "a", "run": "true" } ] }
            """#,
            says: #"""
                error: `web server` in `services` is no name of a service
                  at mission.json:1:28
                """#),
    ]
}
