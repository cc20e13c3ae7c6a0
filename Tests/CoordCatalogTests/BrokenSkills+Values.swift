extension BrokenSkills {
    /// Time-outs and parameters.
    static let values: [Broken] = [
        .skill(
            "a time-out of no time", #""handler": { "command": ["ls"], "timeoutSeconds": 0 }"#,
            says: "error: `timeoutSeconds` of `handler` is 0, but must be from 1 to 3600", at: 137),
        .skill(
            "a time-out of a week", #""handler": { "command": ["ls"], "timeoutSeconds": 604800 }"#,
            says: "error: `timeoutSeconds` of `handler` is 604800, but must be from 1 to 3600", at: 137),
        .skill(
            "a time-out in words", #""handler": { "command": ["ls"], "timeoutSeconds": "30s" }"#,
            says: "error: `timeoutSeconds` of `handler` must be a number, found a string", at: 137),
        .skill(
            "parameters without a handler", #""parameters": { "type": "object" }"#,
            says: "warning: The skill has parameters and no handler that would take them", at: 101),
        .skill(
            "parameters that are a list", #""parameters": []"#,
            says: "error: `parameters` must be an object, found a list", at: 101),
        .skill(
            "parameters that are a string", #""parameters": { "type": "string" }"#,
            says: "error: `parameters` must have the type `object`", at: 101,
            hint: #"Write `{ "type": "object", "properties": { … } }`"#),
        .skill(
            "an unknown type",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "int" } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `type` of the parameter `n` is `int`, but must be one of `object`, `array`, \#
                `string`, `integer`, `number`, `boolean`
                  at one.skill.json:2:68
                hint: Did you mean `integer`?
                """#),
        .skill(
            "two types",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": ["string", "null"] \#
            } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `type` of the parameter `n` must be one of `object`, `array`, `string`, \#
                `integer`, `number`, `boolean`, found a list
                  at one.skill.json:2:68
                """#),
        .skill(
            "a pattern",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string", \#
            "pattern": "^a" } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `pattern` in the parameter `n` is a keyword coord does not check
                  at one.skill.json:2:78
                hint: Use `enum`, `minLength`, `maxLength`, or `"format": "path"`
                """#),
        .skill(
            "a choice of schemas",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "anyOf": [] } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `anyOf` in the parameter `n` is a keyword coord does not check
                  at one.skill.json:2:60
                hint: Give the parameter one type
                """#),
        .skill(
            "a slip in a keyword",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string", \#
            "minLenght": 1 } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `minLenght` in the parameter `n` is a keyword coord does not check
                  at one.skill.json:2:78
                hint: Did you mean `minLength`?
                """#),
        .skill(
            "a keyword of another type",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string", \#
            "minimum": 1 } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `minimum` of the parameter `n` means nothing for the type `string`
                  at one.skill.json:2:89
                hint: It belongs to `integer` and `number`
                """#),
        .skill(
            "a least above the most",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "integer", \#
            "minimum": 5, "maximum": 2 } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `minimum` of the parameter `n` is 5, above its `maximum`, 2
                  at one.skill.json:2:90
                """#),
        .skill(
            "a length below nothing",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string", \#
            "minLength": -1 } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `minLength` of the parameter `n` is -1, but must be from 0 to 1000000
                  at one.skill.json:2:91
                """#),
        .skill(
            "a default that does not fit",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "integer", \#
            "maximum": 5, "default": 9 } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `default` of the parameter `n` does not fit: it is 9, but must be at most 5
                  at one.skill.json:2:104
                """#),
        .skill(
            "a default of another kind",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "integer", \#
            "default": "9" } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `default` of the parameter `n` does not fit: it must be a whole number, found \#
                a string
                  at one.skill.json:2:90
                """#),
        .skill(
            "a default that is a list",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string", \#
            "default": [] } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `default` of the parameter `n` must be a string, a number, true or false
                  at one.skill.json:2:89
                """#),
        .skill(
            "no choices",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "string", "enum": \#
            [] } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: `enum` of the parameter `n` is empty
                  at one.skill.json:2:86
                """#),
        .skill(
            "a choice that does not fit",
            #"""
            "parameters": { "type": "object", "properties": { "n": { "type": "integer", "enum": \#
            [1, "2"] } } },
            "handler": { "command": ["echo", "{{n}}"] }
            """#,
            says: #"""
                error: An entry in `enum` of the parameter `n` must be a whole number, found a string
                  at one.skill.json:2:91
                """#),
        Broken(
            "a required parameter that is none",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "parameters": { "type": "object", "properties": { "name": { "type": "string" } }, \#
            "required": ["nmae"] },
              "handler": { "command": ["echo", "{{name}}"] } }
            """#,
            says: #"""
                error: `required` of `parameters` names `nmae`, which is not in `properties`
                  at one.skill.json:1:182
                hint: Did you mean `name`?
                """#),
        Broken(
            "a parameter with a blank in its name",
            #"""
            { "id": "one", "description": "Does x", "triggerExamples": ["a", "b", "c", "d", "e"], \#
            "parameters": { "type": "object", "properties": { "a b": {} } },
              "handler": { "command": ["ls"] } }
            """#,
            says: #"""
                error: `a b` in `parameters` is no name of a parameter
                  at one.skill.json:1:101
                hint: A name has letters, digits, `_` and `-`, and begins with a letter
                warning: The parameter `a b` is used nowhere in `handler`
                  at one.skill.json:2:27
                """#),
    ]
}
