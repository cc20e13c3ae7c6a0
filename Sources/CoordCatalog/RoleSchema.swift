package import CoordJSON
import CoordModel

/// The JSON Schema of a role's front matter, for the completion of editors: made from the keys and words that
/// the reader checks.
package enum RoleSchema {
    /// The document that lies in `roles/role.schema.json`.
    package static var document: JSONValue {
        SchemaPart.document(
            "role", title: "Role",
            description: """
                The front matter of a role file `<id>.md`, or a file `<id>.json` beside one that has none. The \
                prose below tells the agent who it is. Other keys are left alone, so that role files can be \
                shared with other tools; a key without a value counts as absent.
                """,
            SchemaPart.object(RoleKey.self, isOpen: true) { schema(of: $0) },
            definitions: [
                "text": SchemaPart.text, "line": SchemaPart.line, "name": SchemaPart.name,
                "capability": ["enum": SchemaPart.words(Capability.self)],
                "words": [
                    "description": "A list, or words with commas between.",
                    "anyOf": [["type": "string"], SchemaPart.list(of: "text")],
                ],
            ])
    }

    private static func schema(of key: RoleKey) -> JSONValue {
        switch key {
        case .name: SchemaPart.reference("line", "The role's name; a valid one works as an alias.")
        case .description:
            SchemaPart.reference(
                "text",
                "What the role is for, in a sentence or two. Without it, the first paragraph of the prose.")
        case .model: SchemaPart.reference("line", "The usual model; `inherit` for the run's.")
        case .maxModel: SchemaPart.reference("line", "The dearest model it may go up to.")
        case .tools: SchemaPart.reference("words", "Tools of the agent it may use.")
        case .kind:
            SchemaPart.choice(
                Role.Kind.self, "Whether it changes files of the project, or plans, reviews and reports.",
                default: .code)
        case .capabilities:
            SchemaPart.list(
                of: "capability",
                "What it can do; tasks that ask for capabilities go to roles that have them all.")
        case .owns:
            SchemaPart.list(of: "text", "Patterns of the files it changes, from the project's root.")
        case .skills: SchemaPart.reference("words", "Skills it always has at hand.")
        case .aliases: SchemaPart.list(of: "name", "Other names it answers to.")
        case .examples: SchemaPart.list(of: "text", "5 to 10 tasks that it is right for.")
        }
    }
}
