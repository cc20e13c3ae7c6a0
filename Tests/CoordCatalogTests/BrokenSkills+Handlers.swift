extension BrokenSkills {
    /// What a manifest says of others and of its program.
    static let handlers: [Broken] = [
        Broken(
            "an unknown field",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "estimatedDurationMs": 20 }
            """#,
            says: #"""
                warning: The field `estimatedDurationMs` means nothing to coord; it is kept
                  at one.skill.json:1:87
                """#),
        Broken(
            "requires in a string",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "requires": "git-status" }
            """#,
            says: #"""
                error: `requires` of the skill must be a list of skills, found a string
                  at one.skill.json:1:99
                hint: Write `["git-status"]`
                """#),
        Broken(
            "a required name that is none",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "requires": ["Git Status"] }
            """#,
            says: #"""
                error: `Git Status` in `requires` of the skill is no name
                  at one.skill.json:1:99
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                """#),
        Broken(
            "a skill that requires itself",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "requires": ["one"] }
            """#,
            says: #"""
                error: `requires` of the skill names the skill itself
                  at one.skill.json:1:99
                """#),
        Broken(
            "a skill that excludes itself",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "conflicts": ["one"] }
            """#,
            says: #"""
                error: `conflicts` of the skill names the skill itself
                  at one.skill.json:1:100
                """#),
        Broken(
            "side effects as a number",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "sideEffects": 3 }
            """#,
            says: #"""
                error: `sideEffects` of the skill must be true, false or a list of words, found a number
                  at one.skill.json:1:102
                """#),
        Broken(
            "a flag in quotes",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "idempotent": "yes" }
            """#,
            says: #"""
                error: `idempotent` of the skill must be true or false, found a string
                  at one.skill.json:1:101
                """#),
        Broken(
            "a confirmation that is null",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "requiresConfirmation": null }
            """#,
            says: #"""
                error: `requiresConfirmation` of the skill must be true or false, found null
                  at one.skill.json:1:111
                hint: Leave the key out instead
                """#),
        Broken(
            "a handler in a string",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "handler": "git status" }
            """#,
            says: #"""
                error: `handler` must be an object, found a string
                  at one.skill.json:1:98
                """#),
        Broken(
            "a handler of another tool",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "handler": { "module": "./a.mjs", "timeout": 3 } }
            """#,
            says: #"""
                error: `handler` has no `command`
                  at one.skill.json:1:98
                error: Unknown key `module` in `handler`
                  at one.skill.json:1:100
                hint: Known keys are `command`, `timeoutSeconds`
                error: Unknown key `timeout` in `handler`
                  at one.skill.json:1:121
                hint: Did you mean `timeoutSeconds`?
                """#),
        Broken(
            "a command in a string",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "handler": { "command": "git log --oneline" } }
            """#,
            says: #"""
                error: `command` of `handler` must be a list of words, found a string
                  at one.skill.json:2:27
                hint: No shell reads it: write `["git", "log", "--oneline"]`
                """#),
        Broken(
            "an empty command",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "handler": { "command": [] } }
            """#,
            says: #"""
                error: `command` of `handler` is empty
                  at one.skill.json:2:27
                hint: Write program and arguments, as in `["git", "status"]`
                """#),
        Broken(
            "a number in a command",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "handler": { "command": ["sleep", 3] } }
            """#,
            says: #"""
                error: `command` of `handler` must be a list of words, found a number in it
                  at one.skill.json:2:37
                """#),
        Broken(
            "a program that is a parameter",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
              "handler": { "command": ["{{n}}"] } }
            """#,
            says: #"""
                warning: The parameter `n` is used nowhere in `handler`
                  at one.skill.json:3:27
                error: The program of `handler` holds a parameter
                  at one.skill.json:3:28
                hint: A caller may choose arguments, never the program
                """#),
        Broken(
            "a program with its arguments",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "handler": { "command": ["git status"] } }
            """#,
            says: #"""
                error: `git status` is no program: it holds a space
                  at one.skill.json:2:28
                hint: Program and arguments are words of their own
                """#),
        Broken(
            "a program beside nothing",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "handler": { "command": ["scripts/run.sh"] } }
            """#,
            says: #"""
                error: `scripts/run.sh` of `handler` is neither a name nor a path that says where it \#
                begins
                  at one.skill.json:2:28
                hint: Write `./…` for a program beside the manifest
                """#),
        Broken(
            "an unknown parameter",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "parameters": { "type": "object", "properties": { "count": { "type": "integer" } } },
              "handler": { "command": ["git", "log", "{{cuont}}"] } }
            """#,
            says: #"""
                warning: The parameter `count` is used nowhere in `handler`
                  at one.skill.json:3:27
                error: `{{cuont}}` in `handler` is no parameter of the skill
                  at one.skill.json:3:42
                hint: Did you mean `{{count}}`?
                """#),
        Broken(
            "a parameter without any description",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "handler": { "command": ["git", "log", "{{count}}"] } }
            """#,
            says: #"""
                error: `{{count}}` in `handler` is no parameter of the skill
                  at one.skill.json:2:42
                hint: Describe it in `parameters`
                """#),
        Broken(
            "a parameter in a shell script",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
              "handler": { "command": ["sh", "-c", "echo {{n}}"] } }
            """#,
            says: #"""
                error: `{{n}}` stands where `sh` reads a script: a caller could run anything
                  at one.skill.json:3:40
                hint: Give it behind the script, as an argument of its own
                """#),
        Broken(
            "a parameter in a Python script",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
              "handler": { "command": ["python3", "-c", "print({{n}})"] } }
            """#,
            says: #"""
                error: `{{n}}` stands where `python3` reads a script: a caller could run anything
                  at one.skill.json:3:45
                hint: Give it behind the script, as an argument of its own
                """#),
        Broken(
            "a parameter as awk's program",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
              "handler": { "command": ["awk", "{{n}}", "file"] } }
            """#,
            says: #"""
                error: `{{n}}` stands where `awk` reads a script: a caller could run anything
                  at one.skill.json:3:35
                hint: Give it behind the script, as an argument of its own
                """#),
        Broken(
            "a parameter as sed's program",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
              "handler": { "command": ["sed", "-n", "{{n}}"] } }
            """#,
            says: #"""
                error: `{{n}}` stands where `sed` reads a script: a caller could run anything
                  at one.skill.json:3:41
                hint: Give it behind the script, as an argument of its own
                """#),
        Broken(
            "a parameter run through env",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
              "handler": { "command": ["env", "{{n}}"] } }
            """#,
            says: #"""
                error: `{{n}}` stands where `env` reads a script: a caller could run anything
                  at one.skill.json:3:35
                hint: Give it behind the script, as an argument of its own
                """#),
        Broken(
            "a parameter nobody uses",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], 
              "parameters": { "type": "object", "properties": { "count": { "type": "integer" } } },
              "handler": { "command": ["git", "log"] } }
            """#,
            says: #"""
                warning: The parameter `count` is used nowhere in `handler`
                  at one.skill.json:3:27
                """#),
    ]
}
