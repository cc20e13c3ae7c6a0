package import CoordJSON
package import CoordModel

/// Why a skill cannot be called so.
package enum SkillCallError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is instruction only.
    case noProgram(SkillID)
    case arguments(SkillID, [ArgumentError])
    /// A person has not agreed to it as it is now.
    case needsPerson(SkillID)

    package var description: String {
        switch self {
        case .noProgram(let id): "the skill `\(id)` is instruction only: there is nothing to run"
        case .arguments(let id, let errors):
            "the arguments of `\(id)` do not fit: " + errors.map(\.description).joined(separator: "; ")
        case .needsPerson(let id): "a person must agree before `\(id)` runs"
        }
    }

    /// What would help.
    package var hint: String? {
        switch self {
        case .noProgram(let id): "`coord skills show \(id)` shows its text"
        case .arguments(_, let errors): errors.lazy.compactMap(\.hint).first
        case .needsPerson(let id): "`coord skills allow \(id)` agrees to it until its file changes"
        }
    }
}

/// One call of a skill's program, checked and filled: nothing in it is read again by anybody.
package struct SkillCall: Hashable, Sendable {
    package var id: SkillID
    /// The program as the manifest names it: a name to be looked up, an absolute path, or `./…` beside the
    /// manifest.
    package var program: String
    package var arguments: [String]
    package var timeout: Duration
    /// The folder of the manifest.
    package var home: String

    /// How much of each stream of a call is given on, the end of it, in bytes.
    package static let outputBytesMax = 32 << 10

    /// - Parameter isApproved: whether a person agreed to the skill as its file is now.
    package init(_ skill: Skill, arguments: JSONValue, isApproved: Bool) throws(SkillCallError) {
        guard let handler = skill.handler, let program = handler.command.first else {
            throw .noProgram(skill.id)
        }
        let schema = skill.parameters ?? ParameterSchema(.object([], allowsOthers: false))
        let (checked, errors) = schema.checked(arguments)
        guard errors.isEmpty else { throw .arguments(skill.id, errors) }
        guard isApproved || !skill.requiresConfirmation else { throw .needsPerson(skill.id) }
        let words: [String]
        do throws(ArgumentError) {
            words = try HandlerCommand.fill(handler, parameters: schema, arguments: checked)
        } catch { throw .arguments(skill.id, [error]) }
        id = skill.id
        self.program = program
        self.arguments = Array(words.dropFirst())
        timeout = handler.timeout
        home = skill.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
    }

    /// How a call ended.
    package enum End: Hashable, Sendable {
        case exited(Int32), signaled(Int32), timedOut
        /// The program is not installed here.
        case missing
        case failed(String)
    }

    /// What the caller is told: the output, what went wrong, and how much was left out.
    package func answer(
        _ end: End, output: [UInt8], errors: [UInt8], dropped: Int
    ) -> (text: String, succeeded: Bool) {
        var parts: [String] = []
        func add(_ bytes: [UInt8]) {
            let text = String(decoding: bytes, as: UTF8.self)
            if !text.allSatisfy(\.isWhitespace) {
                parts.append(text.hasSuffix("\n") ? String(text.dropLast()) : text)
            }
        }
        if dropped > 0 { parts.append("[\(dropped) bytes before this were left out]") }
        add(output)
        add(errors)
        switch end {
        case .exited(0): if parts.isEmpty { parts.append("[no output]") }
        case .exited(let status): parts.append("[`\(program)` ended with status \(status)]")
        case .signaled(let signal): parts.append("[`\(program)` was ended by signal \(signal)]")
        case .timedOut:
            parts.append(
                "[`\(program)` was ended: it took longer than \(timeout.wholeMilliseconds / 1000) s]")
        case .missing: parts.append("[there is no program `\(program)` here]")
        case .failed(let reason): parts.append("[`\(program)` could not be run: \(reason)]")
        }
        return (parts.joined(separator: "\n"), end == .exited(0))
    }
}
