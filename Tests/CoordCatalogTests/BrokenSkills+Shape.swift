extension BrokenSkills {
    /// Manifests that cannot be read, and names and words that do not fit.
    static let shape: [Broken] = [
        Broken(
            "an empty file",
            #"""

            """#,
            says: #"""
                error: The skill file is empty
                  at one.skill.json
                """#),
        Broken(
            "only blanks",
            #"""
              
            	

            """#,
            says: #"""
                error: The skill file is empty
                  at one.skill.json
                """#),
        Broken(
            "a text that is no JSON",
            #"""
            id: one

            """#,
            says: #"""
                error: This is not valid JSON: found `id` where a value was expected
                  at one.skill.json:1:1
                """#),
        Broken(
            "a comma too many",
            #"""
            { "id": "one", "description": "d", }
            """#,
            says: #"""
                error: This is not valid JSON: found `}` where a key in double quotes was expected
                  at one.skill.json:1:36
                hint: JSON allows no comma after the last entry
                """#),
        Broken(
            "single quotes",
            #"""
            { 'id': 'one' }
            """#,
            says: #"""
                error: This is not valid JSON: found `'` where a key in double quotes was expected
                  at one.skill.json:1:3
                hint: JSON takes double quotes only
                """#),
        Broken(
            "a comment",
            #"""
            { // the skill
              "id": "one" }
            """#,
            says: #"""
                error: This is not valid JSON: found `/` where a key in double quotes was expected
                  at one.skill.json:1:3
                hint: JSON has no comments
                """#),
        Broken(
            "no end",
            #"""
            { "id": "one",
            """#,
            says: #"""
                error: This is not valid JSON: the document ends too early
                  at one.skill.json:1:15
                hint: A closing `}`, `]` or `"` may be missing
                """#),
        Broken(
            "a list",
            #"""
            [1, 2]
            """#,
            says: #"""
                error: The skill must be an object, found a list
                  at one.skill.json:1:1
                """#),
        Broken(
            "a string",
            #"""
            "one"
            """#,
            says: #"""
                error: The skill must be an object, found a string
                  at one.skill.json:1:1
                """#),
        Broken(
            "null",
            #"""
            null
            """#,
            says: #"""
                error: The skill must be an object, found null
                  at one.skill.json:1:1
                """#),
        Broken(
            "two documents",
            #"""
            { "id": "one" } {}
            """#,
            says: #"""
                error: This is not valid JSON: there is more after the end of the document
                  at one.skill.json:1:17
                """#),
        Broken(
            "the same key twice",
            #"""
            { "id": "one", "id": "two" }
            """#,
            says: #"""
                error: This is not valid JSON: the key `id` stands twice in one object
                  at one.skill.json:1:16
                """#),
        Broken(
            "no id",
            #"""
            { "description": "Does x" }
            """#,
            says: #"""
                error: The skill has no `id`
                  at one.skill.json:1:1
                """#),
        Broken(
            "no description",
            #"""
            { "id": "one" }
            """#,
            says: #"""
                error: The skill has no `description`
                  at one.skill.json:1:1
                """#),
        Broken(
            "an empty description",
            #"""
            { "id": "one", "description": " " }
            """#,
            says: #"""
                error: `description` of the skill is empty
                  at one.skill.json:1:31
                """#),
        Broken(
            "an id of another file",
            #"""
            { "id": "role-x", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", \#
            "e"] }
            """#,
            says: #"""
                error: `id` of the skill is `role-x`, but its file is named `one`
                  at one.skill.json:1:9
                hint: Give both the same name
                """#),
        Broken(
            "an id that leads out of the folder",
            #"""
            { "id": "../one", "description": "d" }
            """#,
            says: #"""
                error: `id` of the skill is `../one`, which is no name
                  at one.skill.json:1:9
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                """#),
        Broken(
            "an id with capitals",
            #"""
            { "id": "One", "description": "d" }
            """#,
            says: #"""
                error: `id` of the skill is `One`, which is no name
                  at one.skill.json:1:9
                hint: A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit
                """#),
        Broken(
            "a number as id",
            #"""
            { "id": 1, "description": "d" }
            """#,
            says: #"""
                error: `id` of the skill must be a string, found a number
                  at one.skill.json:1:9
                """#),
        Broken(
            "an id with a null character",
            #"""
            { "id": "o\u0000e", "description": "d" }
            """#,
            says: #"""
                error: `id` of the skill holds a null character
                  at one.skill.json:1:9
                """#),
        .skill(
            "a name of two lines", #""name": "One\ntwo""#,
            says: "error: `name` of the skill must be one line without control characters", at: 95),
        .skill(
            "a version with two numbers", #""version": "1.0""#,
            says: "error: `version` of the skill is `1.0`, which is no version", at: 98,
            hint: "Write three numbers, as in `1.0.0`"),
        .skill(
            "a version that is a number", #""version": 1"#,
            says: "error: `version` of the skill must be a string, found a number", at: 98),
        .skill(
            "a version with letters", #""version": "v1.0.0""#,
            says: "error: `version` of the skill is `v1.0.0`, which is no version", at: 98,
            hint: "Write three numbers, as in `1.0.0`"),
        Broken(
            "a short description that is long",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "shortDescription": \#
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\#
            xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" }
            """#,
            says: #"""
                error: `shortDescription` of the skill has 121 letters, but at most 120 are allowed
                  at one.skill.json:1:107
                """#),
        .skill(
            "a category that is a path", #""category": "a/b""#,
            says: "error: `category` of the skill is `a/b`, which is no name", at: 99,
            hint: "A name has 1 to 64 of `a-z 0-9 . _ -` and starts with a letter or digit"),
        .skill(
            "tags in one string", #""tags": "git, log""#,
            says: "error: `tags` of the skill must be a list of tags, found a string", at: 95,
            hint: #"Write `["git, log"]`"#),
        .skill(
            "a number among the tags", #""tags": ["git", 3]"#,
            says: "error: `tags` of the skill must be a list of tags, found a number in it", at: 103),
        .skill(
            "a tag twice", #""tags": ["git", "git"]"#,
            says: "error: `git` stands twice in `tags` of the skill", at: 103),
        .skill(
            "an empty tag", #""tags": [""]"#,
            says: "error: An entry of `tags` of the skill is empty", at: 96),
        Broken(
            "examples as an object",
            #"""
            { "id": "one", "description": "d", "triggerExamples": {} }
            """#,
            says: #"""
                error: `triggerExamples` of the skill must be a list of phrases, found an object
                  at one.skill.json:1:55
                """#),
        Broken(
            "no examples",
            #"""
            { "id": "one", "description": "d" }
            """#,
            says: #"""
                warning: The skill has no trigger examples; 5 to 10 show best when it is needed
                  at one.skill.json:1:1
                """#),
        Broken(
            "four examples",
            #"""
            { "id": "one", "description": "d", "triggerExamples": ["a", "b", "c", "d"] }
            """#,
            says: #"""
                warning: The skill has 4 trigger examples; 5 to 10 show best when it is needed
                  at one.skill.json:1:55
                """#),
        .skill(
            "a slip in a key", #""triggerExample": ["x"]"#,
            says: "warning: The field `triggerExample` means nothing to coord; it is kept", at: 87,
            hint: "Did you mean `triggerExamples`?"),
    ]
}
