/// Wrong role files, and what a person reads of each: input above, answer below.
enum BrokenRoles {
    /// Front matter that cannot be read.
    static let frontMatter: [Broken] = [
        Broken(
            "front matter that never ends",
            #"""
            ---
            name: role
            description: Writes things

            You write things.
            """#,
            says: #"""
                error: The front matter is not closed
                  at role.md:1:1
                hint: Write a line of three dashes after its last key
                """#),
        Broken(
            "an indentation that YAML refuses",
            #"""
            ---
            name: role
             kind: code
            ---
            You write things.
            """#,
            says: #"""
                error: This is not usable YAML: mapping values are not allowed in this context
                  at role.md:3:6
                hint: Check the indentation, and put a value that holds a colon in quotes
                """#),
        Broken(
            "a tab for a space",
            #"""
            ---
            name: role
            owns:
            	- src/**
            ---
            You write things.
            """#,
            says: #"""
                error: This is not usable YAML: while scanning for the next token, found character that \#
                cannot start any token
                  at role.md:4:1
                hint: YAML is indented with spaces, never tabs; a value that starts with `@`, `%` or a \#
                backtick needs quotes
                """#),
        Broken(
            "a bracket that is not closed",
            #"""
            ---
            name: role
            owns: [src/**
            ---
            You write things.
            """#,
            says: #"""
                error: This is not usable YAML: while parsing a flow sequence, did not find expected ',' \#
                or ']'
                  at role.md:4:1
                """#),
        Broken(
            "a key twice",
            #"""
            ---
            name: role
            kind: code
            name: other
            ---
            You write things.
            """#,
            says: #"""
                error: This is not usable YAML: the key `name` stands twice
                  at role.md:4:1
                """#),
        Broken(
            "an alias that is nowhere",
            #"""
            ---
            name: *nobody
            ---
            You write things.
            """#,
            says: #"""
                error: This is not usable YAML: nothing is called `&nobody`
                  at role.md:2:7
                """#),
        Broken(
            "aliases that multiply",
            #"""
            ---
            a: &a [x, x, x, x, x, x, x, x, x, x]
            b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
            c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
            d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
            e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
            ---
            You write things.
            """#,
            says: #"""
                error: This is not usable YAML: there are more than 20000 values, copies by `*` included
                  at role.md:6:8
                """#),
        Broken(
            "nesting without end",
            #"""
            ---
            owns: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[
            ---
            You write things.
            """#,
            says: #"""
                error: This is not usable YAML: values are nested more than 32 deep
                  at role.md:2:39
                """#),
        Broken(
            "a key that is a list",
            #"""
            ---
            ? [a, b]
            : c
            ---
            You write things.
            """#,
            says: #"""
                error: This is not usable YAML: a key must be plain text
                  at role.md:2:3
                """#),
        Broken(
            "a list instead of keys",
            #"""
            ---
            - name
            - description
            ---
            You write things.
            """#,
            says: #"""
                error: The role must be an object, found a list
                  at role.md:2:1
                """#),
    ]

    /// Values that do not fit.
    static let values: [Broken] = [
        Broken(
            "a kind misspelt",
            #"""
            ---
            name: role
            kind: cod
            ---
            You write things.
            """#,
            says: #"""
                error: `kind` of the role is `cod`, but must be one of `code`, `coordination`
                  at role.md:3:7
                hint: Did you mean `code`?
                """#),
        Broken(
            "an unknown capability",
            #"""
            ---
            capabilities: [writes-code, read-test, juggling]
            ---
            You write things.
            """#,
            says: #"""
                error: The role names the capability `read-test`, which does not exist
                  at role.md:2:29
                hint: Did you mean `reads-tests`?
                error: The role names the capability `juggling`, which does not exist
                  at role.md:2:40
                hint: Capabilities are `writes-code`, `reads-tests`, `runs-tests`, `reads-docs`, \#
                `writes-docs`, `git-operations`, `file-system`, `database`, `browser`, `network`
                """#),
        Broken(
            "patterns that leave the project",
            #"""
            ---
            owns:
              - /etc/**
              - src/../..
            ---
            You write things.
            """#,
            says: #"""
                error: `/etc/**` in `owns` of the role is no file pattern: it starts outside the project
                  at role.md:3:5
                error: `src/../..` in `owns` of the role is no file pattern: `..` leads out of a folder
                  at role.md:4:5
                """#),
        Broken(
            "kinds of value",
            #"""
            ---
            name: [role]
            description: 7
            model: true
            capabilities: writes-code
            aliases: {a: b}
            examples:
              - Write it
              - 7
            ---
            You write things.
            """#,
            says: #"""
                error: `name` of the role must be a string, found a list
                  at role.md:2:7
                error: `description` of the role must be a string, found a number
                  at role.md:3:14
                error: `model` of the role must be a string, found true or false
                  at role.md:4:8
                error: `capabilities` of the role must be a list of capabilities, found a string
                  at role.md:5:15
                hint: Write `["writes-code"]`
                error: `aliases` of the role must be a list of names, found an object
                  at role.md:6:10
                error: `examples` of the role must be a list of tasks, found a number in it
                  at role.md:9:5
                """#),
        Broken(
            "the dearest model below the usual one",
            #"""
            ---
            model: opus
            maxModel: haiku
            ---
            You write things.
            """#,
            says: #"""
                error: `maxModel` of the role is `haiku`, below its `model`, `opus`
                  at role.md:3:11
                """#),
        Broken(
            "an alias that is no name",
            #"""
            ---
            aliases: [Engine Dev]
            ---
            You write things.
            """#,
            says: #"""
                error: `Engine Dev` in `aliases` of the role is no name
                  at role.md:2:11
                """#),
        Broken(
            "text in many lines for a name",
            #"""
            ---
            name: |
              role
              again
            ---
            You write things.
            """#,
            says: #"""
                error: `name` of the role must be one line without control characters
                  at role.md:2:7
                """#),
    ]

    /// What is allowed, but doubtful.
    static let doubts: [Broken] = [
        Broken(
            "a key misspelt",
            #"""
            ---
            name: role
            capabilites: [writes-code]
            colour: red
            ---
            You write things.
            """#,
            says: #"""
                warning: The key `capabilites` means nothing to coord
                  at role.md:3:1
                hint: Did you mean `capabilities`?
                """#),
        Broken(
            "two examples",
            #"""
            ---
            examples:
              - Write the parser
              - Test the parser
            ---
            You write things.
            """#,
            says: #"""
                warning: The role has 2 examples; 5 to 10 show best what it is for
                  at role.md:3:3
                """#),
        Broken(
            "no text",
            #"""
            ---
            name: role
            description: Writes things
            ---
            """#,
            says: #"""
                warning: The role has no text: its agent is told nothing about who it is
                  at role.md
                """#),
        Broken(
            "a colon without quotes",
            #"""
            ---
            name: role
            description: Use it so: call it, and 'wait'
            ---
            You write things.
            """#,
            says: #"""
                warning: A value that holds a colon stands without quotes; it is read as one text
                  at role.md:3:23
                hint: Put the value in quotes: YAML reads a colon and a space as a key
                """#),
    ]
}
