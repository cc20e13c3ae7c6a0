import CoordModel
import CoordSkills

extension SkillReader {
    /// Programs that read a script from an argument: no parameter may stand in that argument.
    private static let interpreters: Set<String> = [
        "sh", "bash", "dash", "zsh", "ksh", "fish", "python", "python3", "perl", "ruby", "node", "awk",
        "gawk",
        "sed", "env", "eval", "ssh", "xargs",
    ]

    /// The program of the skill. Nil, and errors, when it is none.
    func handler(_ value: LocatedValue, _ parameters: ParameterSchema?) -> SkillProgram? {
        guard let fields = Fields<HandlerKey>(value, subject: "`handler`", problems: problems),
            fields.require(.command)
        else { return nil }
        let words = command(fields)
        let timeout = fields.seconds(.timeoutSeconds, in: SkillRange.timeout) ?? .seconds(30)
        guard let program = words.first else {
            if fields[.command].map({ if case .list = $0.content { true } else { false } }) ?? false {
                problems.error(
                    at: fields.position(of: .command), "`command` of `handler` is empty",
                    hint: #"Write program and arguments, as in `["git", "status"]`"#)
            }
            return nil
        }
        check(program.text, at: program.position)
        var named: Set<String> = []
        let known = parameters?.properties.map(\.name) ?? []
        for (index, word) in words.enumerated().dropFirst() where word.text.utf8.contains(0x7B) {
            for name in HandlerCommand.parameters(in: word.text) {
                named.insert(name)
                guard known.contains(name) else {
                    problems.error(
                        at: word.position, "`{{\(name)}}` in `handler` is no parameter of the skill",
                        hint: Suggestion.nearest(to: name, among: known).map { "Did you mean `{{\($0)}}`?" }
                            ?? (known.isEmpty
                                ? "Describe it in `parameters`"
                                : "Parameters are " + known.map { "`\($0)`" }.joined(separator: ", ")))
                    continue
                }
                refuseScript(words, index, name, program.text)
            }
        }
        for name in known where !named.contains(name) {
            problems.warning(
                at: fields.position(of: .command), "the parameter `\(name)` is used nowhere in `handler`")
        }
        return SkillProgram(command: words.map(\.text), timeout: timeout)
    }

    private func command(_ fields: Fields<HandlerKey>) -> [(text: String, position: SourcePosition)] {
        let hint = { (value: LocatedValue) -> String? in
            value.string.map { text in
                let words = text.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ", ")
                return "No shell reads it: write `[\(words)]`"
            }
        }
        return fields.list(.command, of: "words", hint: hint) { item in
            guard let text = item.string else {
                problems.error(
                    at: item.position,
                    "`command` of `handler` must be a list of words, found \(item.kindName) in it")
                return nil
            }
            guard !text.utf8.contains(0) else {
                problems.error(at: item.position, "a word of `command` holds a null character")
                return nil
            }
            return (text, item.position)
        } ?? []
    }

    private func check(_ program: String, at position: SourcePosition) {
        if !HandlerCommand.parameters(in: program).isEmpty {
            problems.error(
                at: position, "the program of `handler` holds a parameter",
                hint: "A caller may choose arguments, never the program")
        } else if program.isEmpty || program.contains(where: \.isWhitespace) {
            problems.error(
                at: position,
                "`\(program)` is no program: it " + (program.isEmpty ? "is empty" : "holds a space"),
                hint: "Program and arguments are words of their own")
        } else if program.utf8.contains(0x2F), !program.hasPrefix("/"), !program.hasPrefix("./") {
            problems.error(
                at: position,
                "`\(program)` of `handler` is neither a name nor a path that says where it begins",
                hint: "Write `./…` for a program beside the manifest")
        }
    }

    /// A parameter in the text of a script would be code of the caller's.
    private func refuseScript(
        _ words: [(text: String, position: SourcePosition)], _ index: Int, _ name: String, _ program: String
    ) {
        let tool = program.split(separator: "/").last.map(String.init) ?? program
        guard Self.interpreters.contains(tool) else { return }
        let before = words[index - 1].text
        let isScript =
            ["sed", "awk", "gawk"].contains(tool)
            ? words[1...index].dropLast().allSatisfy { $0.text.hasPrefix("-") && $0.text != "--" }
                || before == "-e"
            : ["env", "eval", "ssh", "xargs"].contains(tool)
                || (before.hasPrefix("-") && before.hasSuffix("c"))
                || before == "-e"
        guard isScript else { return }
        problems.error(
            at: words[index].position,
            "`{{\(name)}}` stands where `\(tool)` reads a script: a caller could run anything",
            hint: "Give it behind the script, as an argument of its own")
    }
}
