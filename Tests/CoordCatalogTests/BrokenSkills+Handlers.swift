extension BrokenSkills {
    /// What a manifest says of others and of its program.
    static let handlers: [Broken] = [
        .skill(
            "an unknown field", #""estimatedDurationMs": 20"#,
            says: "warning: The field `estimatedDurationMs` means nothing to coord; it is kept", at: 87),
        .skill(
            "requires in a string", #""requires": "git-status""#,
            says: "error: `requires` of the skill must be a list of skills, found a string", at: 99,
            hint: #"Write `["git-status"]`"#),
        .skill(
            "a required name that is none", #""requires": ["Git Status"]"#,
            says: "error: `Git Status` in `requires` of the skill is no name", at: 99,
            hint: "A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit"),
        .skill(
            "a skill that requires itself", #""requires": ["one"]"#,
            says: "error: `requires` of the skill names the skill itself", at: 99),
        .skill(
            "a skill that excludes itself", #""conflicts": ["one"]"#,
            says: "error: `conflicts` of the skill names the skill itself", at: 100),
        .skill(
            "side effects as a number", #""sideEffects": 3"#,
            says:
                "error: `sideEffects` of the skill must be true, false or a list of words, found a number",
            at: 102),
        .skill(
            "a flag in quotes", #""idempotent": "yes""#,
            says: "error: `idempotent` of the skill must be true or false, found a string", at: 101),
        .skill(
            "a confirmation that is null", #""requiresConfirmation": null"#,
            says: "error: `requiresConfirmation` of the skill must be true or false, found null", at: 111,
            hint: "Leave the key out instead"),
        .skill(
            "a handler in a string", #""handler": "git status""#,
            says: "error: `handler` must be an object, found a string", at: 98),
        .skill(
            "a handler of another tool", #""handler": { "module": "./a.mjs", "timeout": 3 }"#,
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
        .skill(
            "a command in a string", #""handler": { "command": "git log --oneline" }"#,
            says: "error: `command` of `handler` must be a list of words, found a string", at: 111,
            hint: #"No shell reads it: write `["git", "log", "--oneline"]`"#),
        .skill(
            "an empty command", #""handler": { "command": [] }"#,
            says: "error: `command` of `handler` is empty", at: 111,
            hint: #"Write program and arguments, as in `["git", "status"]`"#),
        .skill(
            "a number in a command", #""handler": { "command": ["sleep", 3] }"#,
            says: "error: `command` of `handler` must be a list of words, found a number in it", at: 121),
        .skill(
            "a program that is a parameter",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
            "handler": { "command": ["{{n}}"] }
            """#,
            says: #"""
                warning: The parameter `n` is used nowhere in `handler`
                  at one.skill.json:3:27
                error: The program of `handler` holds a parameter
                  at one.skill.json:3:28
                hint: A caller may choose arguments, never the program
                """#),
        .skill(
            "a program with its arguments", #""handler": { "command": ["git status"] }"#,
            says: "error: `git status` is no program: it holds a space", at: 112,
            hint: "Program and arguments are words of their own"),
        .skill(
            "a program beside nothing", #""handler": { "command": ["scripts/run.sh"] }"#,
            says: #"""
                error: `scripts/run.sh` of `handler` is neither a name nor a path that says where it \#
                begins
                  at one.skill.json:1:112
                hint: Write `./…` for a program beside the manifest
                """#),
        .skill(
            "an unknown parameter",
            #"""
            "parameters": { "type": "object", "properties": { "count": { "type": "integer" } } },
            "handler": { "command": ["git", "log", "{{cuont}}"] }
            """#,
            says: #"""
                warning: The parameter `count` is used nowhere in `handler`
                  at one.skill.json:3:27
                error: `{{cuont}}` in `handler` is no parameter of the skill
                  at one.skill.json:3:42
                hint: Did you mean `{{count}}`?
                """#),
        .skill(
            "a parameter without any description", #""handler": { "command": ["git", "log", "{{count}}"] }"#,
            says: "error: `{{count}}` in `handler` is no parameter of the skill", at: 126,
            hint: "Describe it in `parameters`"),
        .skill(
            "a parameter in a shell script",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
            "handler": { "command": ["sh", "-c", "echo {{n}}"] }
            """#,
            says: #"""
                error: `{{n}}` stands where `sh` reads a script: a caller could run anything
                  at one.skill.json:3:40
                hint: Give it behind the script, as an argument of its own
                """#),
        .skill(
            "a parameter in a Python script",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
            "handler": { "command": ["python3", "-c", "print({{n}})"] }
            """#,
            says: #"""
                error: `{{n}}` stands where `python3` reads a script: a caller could run anything
                  at one.skill.json:3:45
                hint: Give it behind the script, as an argument of its own
                """#),
        .skill(
            "a parameter as awk's program",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
            "handler": { "command": ["awk", "{{n}}", "file"] }
            """#,
            says: #"""
                error: `{{n}}` stands where `awk` reads a script: a caller could run anything
                  at one.skill.json:3:35
                hint: Give it behind the script, as an argument of its own
                """#),
        .skill(
            "a parameter as sed's program",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
            "handler": { "command": ["sed", "-n", "{{n}}"] }
            """#,
            says: #"""
                error: `{{n}}` stands where `sed` reads a script: a caller could run anything
                  at one.skill.json:3:41
                hint: Give it behind the script, as an argument of its own
                """#),
        .skill(
            "a parameter run through env",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string" } } },
            "handler": { "command": ["env", "{{n}}"] }
            """#,
            says: #"""
                error: `{{n}}` stands where `env` reads a script: a caller could run anything
                  at one.skill.json:3:35
                hint: Give it behind the script, as an argument of its own
                """#),
        .skill(
            "a parameter nobody uses",
            #"""
            "parameters": { "type": "object", "properties": { "count": { "type": "integer" } } },
            "handler": { "command": ["git", "log"] }
            """#,
            says: #"""
                warning: The parameter `count` is used nowhere in `handler`
                  at one.skill.json:3:27
                """#),
    ]
}
