package import CoordJSON
package import CoordModel

/// Selected skills as what an agent sees of them: tools in a list, and text in a prompt.
package enum SkillTools {
    /// The skills that can run, as tools of the Model Context Protocol: name, description, `inputSchema` and
    /// the hints about what a call changes. Skills without a handler are taught in the prompt instead.
    package static func descriptions(_ skills: [Skill]) -> [JSONValue] {
        skills.filter { $0.handler != nil }.map { skill in
            let schema = skill.parameters ?? ParameterSchema(.object([], allowsOthers: false))
            var text = skill.description
            if skill.requiresConfirmation { text += " A person is asked before it runs." }
            return [
                "name": .string(skill.id.rawValue), "title": .string(skill.name),
                "description": .string(text), "inputSchema": schema.json,
                "annotations": [
                    "readOnlyHint": .bool(skill.sideEffects.isEmpty),
                    "idempotentHint": .bool(skill.idempotent ?? skill.sideEffects.isEmpty),
                    "destructiveHint": .bool(skill.requiresConfirmation),
                ],
            ]
        }
    }

    /// How long the text of one skill may be in a prompt, in bytes; the rest stays in its file.
    package static let instructionBytesMax = 6 << 10

    /// What an agent is told of its skills. `command`: how it runs one by hand where it has no tools.
    package static func prompt(_ skills: [Skill]) -> String {
        guard !skills.isEmpty else { return "" }
        var text = "# Skills for this task\n"
        let programs = skills.filter { $0.handler != nil }
        if !programs.isEmpty {
            text += """

                Each of these is a tool of the server `coord` where you have one, and a command everywhere:

                    coord skills run ID --arg name=value


                """
            for skill in programs {
                text += "- `\(skill.id)`\(usage(skill)): \(skill.summary)"
                if skill.requiresConfirmation { text += " A person is asked first." }
                text += "\n"
            }
        }
        for skill in skills where !skill.instructions.isEmpty {
            text += "\n## \(skill.name)\n\n" + shortened(skill) + "\n"
        }
        for skill in skills where skill.handler == nil && skill.instructions.isEmpty {
            text += "\n## \(skill.name)\n\n\(skill.description)\n"
        }
        return text
    }

    /// `(pattern, path?)`: what may be given, what need not with a question mark.
    private static func usage(_ skill: Skill) -> String {
        let names = (skill.parameters?.properties ?? []).map { $0.isRequired ? $0.name : $0.name + "?" }
        return names.isEmpty ? "" : " (" + names.joined(separator: ", ") + ")"
    }

    private static func shortened(_ skill: Skill) -> String {
        guard skill.instructions.utf8.count > instructionBytesMax else { return skill.instructions }
        let kept = String(decoding: skill.instructions.utf8.prefix(instructionBytesMax), as: UTF8.self)
        return kept + "\n[cut here; the rest is in `\(skill.path)`]"
    }

    /// About how many tokens a text costs: four bytes each, as models count English and code.
    package static func tokens(_ text: String) -> Int { (text.utf8.count + 3) / 4 }

    /// About how many tokens it costs to offer these skills.
    package static func tokens(offering skills: [Skill]) -> Int {
        descriptions(skills).reduce(tokens(prompt(skills))) { $0 + tokens($1.text) }
    }
}
