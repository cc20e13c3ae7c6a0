package import CoordJSON

/// The JSON Schema of a skill manifest, for the completion of editors: made from the keys and ranges that
/// the reader checks, so that the two cannot part.
package enum SkillSchema {
    /// The document that lies in `skills/skill.schema.json`.
    package static var document: JSONValue {
        SchemaPart.document(
            "skill", title: "Skill",
            description: """
                A manifest `<category>/<id>.skill.json`: something an agent can be taught or given for a task. \
                Keys that are not listed are kept and reported, never refused.
                """,
            SchemaPart.object(SkillKey.self, required: [.id, .description], isOpen: true) { schema(of: $0) },
            definitions: [
                "name": SchemaPart.name, "text": SchemaPart.text, "line": SchemaPart.line,
                "words": ["type": "array", "items": SchemaPart.reference("text"), "uniqueItems": true],
                "skills": ["type": "array", "items": SchemaPart.reference("name"), "uniqueItems": true],
                "handler": handler, "parameters": parameters, "parameter": parameter,
            ])
    }

    private static func schema(of key: SkillKey) -> JSONValue {
        switch key {
        case .schema: SchemaPart.reference("text", "The address of this schema, for editors.")
        case .id: SchemaPart.reference("name", "The skill's name, and the file's.")
        case .name: SchemaPart.reference("line", "What people call it.")
        case .version:
            [
                "type": "string", "default": "1.0.0", "description": "Three numbers.",
                "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+([-+].*)?$",
            ]
        case .description: SchemaPart.reference("text", "What it does and when to use it.")
        case .shortDescription:
            [
                "allOf": [["$ref": "#/$defs/line"]],
                "maxLength": .integer(Int64(SkillRange.shortDescription.upperBound)),
                "description": "The same in a few words, for lists and prompts.",
            ]
        case .category: SchemaPart.reference("name", "Without it, the folder it lies in.")
        case .tags: SchemaPart.reference("words", "Words it is found by.")
        case .triggerExamples:
            SchemaPart.reference(
                "words",
                "\(SkillRange.examples.lowerBound) to \(SkillRange.examples.upperBound) phrases of tasks that need it."
            )
        case .parameters: SchemaPart.reference("parameters", "The JSON Schema of its arguments.")
        case .requires: SchemaPart.reference("skills", "Skills it cannot do without; they come along.")
        case .conflicts: SchemaPart.reference("skills", "Skills that must not be chosen with it.")
        case .enhancedBy: SchemaPart.reference("skills", "Skills that make it better.")
        case .sideEffects:
            [
                "description": "What it changes: true or false, or a list of words such as `writes-files`.",
                "anyOf": [["type": "boolean"], ["$ref": "#/$defs/words"]],
            ]
        case .idempotent:
            ["type": "boolean", "description": "Whether doing it twice is the same as once."]
        case .requiresConfirmation:
            ["type": "boolean", "default": false, "description": "Whether a person is asked before it runs."]
        case .handler:
            [
                "description": "The program that does it. Without one, the skill is instruction only.",
                "anyOf": [["$ref": "#/$defs/handler"], ["type": "null"]],
            ]
        case .instructions: SchemaPart.reference("text", "The text that teaches it, for the prompt.")
        }
    }

    private static var handler: JSONValue {
        SchemaPart.object(HandlerKey.self, required: [.command]) { key in
            switch key {
            case .command:
                [
                    "type": "array", "minItems": 1, "items": ["type": "string", "pattern": "^[^\\u0000]*$"],
                    "description": """
                    Program and arguments; `{{parameter}}` is filled in as one argument, never through a shell.
                    """,
                ]
            case .timeoutSeconds:
                [
                    "type": "number", "minimum": .integer(Int64(SkillRange.timeout.lowerBound)),
                    "maximum": .integer(Int64(SkillRange.timeout.upperBound)), "default": 30,
                ]
            }
        }
    }

    private static var parameters: JSONValue {
        [
            "allOf": [["$ref": "#/$defs/parameter"]], "type": "object",
            "properties": ["type": ["const": "object"]],
        ]
    }

    /// The part of JSON Schema that coord checks, as a schema of itself.
    private static var parameter: JSONValue {
        var properties = JSONObject()
        for key in SchemaKeyword.allCases {
            properties[key.rawValue] =
                switch key {
                case .type: ["enum": .array(ParameterReader.types.map { .string($0) })]
                case .properties: ["type": "object", "additionalProperties": ["$ref": "#/$defs/parameter"]]
                case .required: ["$ref": "#/$defs/words"]
                case .additionalProperties, .uniqueItems: ["type": "boolean"]
                case .items: ["$ref": "#/$defs/parameter"]
                case .minItems, .maxItems, .minLength, .maxLength: ["type": "integer", "minimum": 0]
                case .minimum, .maximum: ["type": "number"]
                case .enum: ["type": "array", "minItems": 1]
                case .format, .schema, .comment, .title, .description: ["type": "string"]
                case .default, .examples: [:]
                }
        }
        return ["type": "object", "additionalProperties": false, "properties": .object(properties)]
    }
}
