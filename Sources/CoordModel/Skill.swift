/// Something an agent can be taught or given for a task: a manifest `<id>.skill.json`, or a folder with a
/// `SKILL.md`.
package struct Skill: Hashable, Sendable {
    package var id: SkillID
    package var name: String
    package var version: String
    /// What it does and when to use it.
    package var description: String
    /// One line of at most 120 letters, for lists and prompts.
    package var shortDescription: String
    /// The folder it lies in, unless it says otherwise.
    package var category: String
    package var tags: [String]
    /// Phrases of tasks that need it.
    package var triggerExamples: [String]
    /// What its arguments must be; always of kind object. Nil: it takes none.
    package var parameters: ParameterSchema?
    /// Skills it cannot do without; they come along.
    package var requires: [SkillID]
    /// Skills that must not be chosen with it.
    package var conflicts: [SkillID]
    /// Skills that make it better.
    package var enhancedBy: [SkillID]
    /// What it changes, in words such as `writes-files`; empty: nothing.
    package var sideEffects: [String]
    /// Whether doing it twice is the same as once. Nil: not said.
    package var idempotent: Bool?
    /// A person must agree before it runs.
    package var requiresConfirmation: Bool
    /// The program that does it. Nil: the skill is instruction only.
    package var handler: SkillProgram?
    /// The text that teaches it; empty for a skill that is only a program.
    package var instructions: String
    /// Fields coord does not know, by key, as JSON text: kept, so that nothing is lost on the way through.
    package var extra: [String: String]
    /// The file it came from.
    package var path: String
    /// The SHA-256 of that file's bytes, and of those of `programBeside`, in hexadecimal digits: what a
    /// person agreed to.
    package var contentHash: String

    package init(
        id: SkillID, name: String? = nil, version: String = "1.0.0", description: String = "",
        shortDescription: String = "", category: String = "general", tags: [String] = [],
        triggerExamples: [String] = [], parameters: ParameterSchema? = nil, requires: [SkillID] = [],
        conflicts: [SkillID] = [], enhancedBy: [SkillID] = [], sideEffects: [String] = [],
        idempotent: Bool? = nil, requiresConfirmation: Bool = false, handler: SkillProgram? = nil,
        instructions: String = "", extra: [String: String] = [:], path: String = "",
        contentHash: String = ""
    ) {
        self.id = id
        self.name = name ?? id.rawValue
        self.version = version
        self.description = description
        self.shortDescription = shortDescription
        self.category = category
        self.tags = tags
        self.triggerExamples = triggerExamples
        self.parameters = parameters
        self.requires = requires
        self.conflicts = conflicts
        self.enhancedBy = enhancedBy
        self.sideEffects = sideEffects
        self.idempotent = idempotent
        self.requiresConfirmation = requiresConfirmation
        self.handler = handler
        self.instructions = instructions
        self.extra = extra
        self.path = path
        self.contentHash = contentHash
    }

    /// The file of a program that the manifest names as `./…`: beside it. Nil: it is looked up, or there is
    /// none.
    package var programBeside: String? {
        guard let word = handler?.command.first, word.hasPrefix("./") else { return nil }
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return (folder + [word.dropFirst(2)]).joined(separator: "/")
    }

    /// The sentence that stands for the skill in lists.
    package var summary: String { shortDescription.isEmpty ? description : shortDescription }
}

/// The program of a skill, as an argument list: no shell reads it.
package struct SkillProgram: Hashable, Sendable {
    /// Program and arguments; `{{parameter}}` in an argument is filled in.
    package var command: [String]
    package var timeout: Duration

    package init(command: [String], timeout: Duration = .seconds(30)) {
        self.command = command
        self.timeout = timeout
    }
}

/// What a value must be: the part of JSON Schema that coord checks. A manifest that asks for more is refused,
/// so nothing is promised that no check keeps.
package struct ParameterSchema: Hashable, Sendable {
    /// The type, with the limits that belong to it.
    package indirect enum Kind: Hashable, Sendable {
        case object([ParameterProperty], allowsOthers: Bool)
        case list(of: ParameterSchema?, counts: ClosedRange<Int>, isUnique: Bool)
        /// Lengths in Unicode scalars. `isPath`: relative, and not out of the folder it is taken from.
        case text(lengths: ClosedRange<Int>, isPath: Bool)
        case whole(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        case flag
        /// Any value at all.
        case any
    }

    package var kind: Kind
    package var description: String
    /// The only values allowed, when there are any.
    package var choices: [ParameterValue]
    /// What an absent value is taken to be.
    package var fallback: ParameterValue?

    package init(
        _ kind: Kind, description: String = "", choices: [ParameterValue] = [],
        fallback: ParameterValue? = nil
    ) {
        self.kind = kind
        self.description = description
        self.choices = choices
        self.fallback = fallback
    }

    /// The members of an object; none of anything else.
    package var properties: [ParameterProperty] {
        if case .object(let properties, _) = kind { properties } else { [] }
    }
}

/// A member of an object of arguments.
package struct ParameterProperty: Hashable, Sendable {
    package var name: String
    package var schema: ParameterSchema
    package var isRequired: Bool

    package init(name: String, schema: ParameterSchema, isRequired: Bool) {
        self.name = name
        self.schema = schema
        self.isRequired = isRequired
    }
}

/// A plain value of a parameter.
package enum ParameterValue: Hashable, Sendable {
    case text(String)
    case whole(Int64)
    case number(Double)
    case flag(Bool)
}
