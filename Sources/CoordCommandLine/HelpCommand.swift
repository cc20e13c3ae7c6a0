/// `coord help`: the overview, or one command; all of it read from the registry.
enum HelpCommand {
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        var path = context.arguments.path
        if path == ["help"] {
            path = context.arguments.words
            // `--help` of `help` itself explains `help`.
            if context.arguments.has("help"), path.isEmpty { path = ["help"] }
        } else if path.count == 2, CommandTable.command(path[0])?.defaultSubcommand == path[1] {
            // `coord tasks --help` asks about all of `tasks`.
            path.removeLast()
        }
        if path.isEmpty {
            context.output.write(overview(context.style))
        } else if path == ["exit-status"] {
            context.output.write(exitStatuses())
        } else {
            context.output.write(try page(path, context.style))
        }
        return .done
    }

    // MARK: Overview

    static func overview(_ style: Style) -> String {
        var text =
            "coord runs a team of coding agents on a git repository, "
            + "and lands only what passed its tests.\n\n"
        text += "  " + style.bold("coord run missions/web-app.json") + "    run a mission\n"
        text += "  " + style.bold("coord status") + "                       see where it stands\n"
        let nameWidth = CommandTable.all.filter(\.isBuilt).map(\.name.utf8.count).max() ?? 0
        for group in CommandSpec.Group.allCases {
            let commands = CommandTable.all.filter { $0.group == group && $0.isBuilt }
            guard !commands.isEmpty else { continue }
            text += "\n" + style.bold(group.rawValue) + "\n" + list(commands, style, width: nameWidth)
        }
        let later = CommandTable.all.filter { !$0.isBuilt }.map(\.name)
        if !later.isEmpty {
            text += "\n" + style.bold("Not part of this version") + "\n"
            text += wrapped(later.joined(separator: ", "), indentation: 2)
        }
        return text
            + "\n`coord help COMMAND` explains one; `coord help exit-status` what the exit statuses mean.\n"
    }

    private static func list(_ commands: [CommandSpec], _ style: Style, width: Int? = nil) -> String {
        let width = (width ?? commands.map(\.name.utf8.count).max() ?? 0) + 2
        return commands.map {
            "  " + style.cyan(TerminalText.padded($0.name, to: width)) + $0.summary + "\n"
        }.joined()
    }

    private static func exitStatuses() -> String {
        ExitStatus.meanings.map {
            TerminalText.rightAligned("\($0.status.rawValue)", to: 5) + "  " + $0.text + "\n"
        }.joined()
    }

    // MARK: One command

    private static func page(_ path: [String], _ style: Style) throws(CommandFailure) -> String {
        // Parsed like a command line, for the same words about a wrong one.
        let found = try ArgumentParser.parse(path + ["--help"]).path
        guard var spec = CommandTable.command(found[0]) else { preconditionFailure("\(found) was parsed") }
        if path.count > 1, let subcommand = spec.subcommand(path[1]) { spec = subcommand }
        let name = (["coord"] + path.prefix(spec.name == found[0] ? 1 : 2)).joined(separator: " ")
        guard spec.isBuilt else { return "`\(name)` (\(spec.summary)) is not part of this version\n" }
        var text = style.bold(name) + ": " + spec.summary + "\n\n" + usage(name, spec) + "\n"
        let commands = spec.subcommands.filter(\.isBuilt)
        if !commands.isEmpty { text += "\n" + style.bold("Commands") + "\n" + list(commands, style) }
        let own = spec.flags + (spec.defaultSubcommand.flatMap(spec.subcommand)?.flags ?? [])
        if !own.isEmpty { text += "\n" + style.bold("Flags") + "\n" + flags(own, style) }
        text += "\n" + style.bold("Flags of every command") + "\n" + flags(Flag.common, style)
        if !spec.examples.isEmpty {
            text += "\n" + style.bold("Examples") + "\n" + spec.examples.map { "  \($0)\n" }.joined()
        }
        return text
    }

    private static func usage(_ name: String, _ spec: CommandSpec) -> String {
        var words = ["usage:", name]
        if !spec.subcommands.isEmpty {
            words.append(spec.defaultSubcommand == nil ? "COMMAND" : "[COMMAND]")
        }
        for argument in spec.arguments {
            let word = argument.repeats ? argument.name + "…" : argument.name
            words.append(argument.isRequired ? word : "[\(word)]")
        }
        return (words + ["[flags]"]).joined(separator: " ")
    }

    private static func flags(_ flags: [Flag], _ style: Style) -> String {
        let built = flags.filter(\.isBuilt)
        func form(_ flag: Flag) -> String {
            let letter = flag.letter.map { "-\($0), " } ?? "    "
            return letter + "--" + flag.name + (flag.placeholder.map { " " + $0 } ?? "")
        }
        let width = (built.map { form($0).utf8.count }.max() ?? 0) + 2
        return built.map { flag in
            var summary = flag.summary
            if case .choice(_, let words) = flag.kind, words.count <= 6, !summary.contains(words[0]) {
                summary += ": " + words.joined(separator: ", ")
            }
            if flag.repeats { summary += "; may be given several times" }
            return "  " + style.cyan(TerminalText.padded(form(flag), to: width)) + summary + "\n"
        }.joined()
    }

    private static func wrapped(_ text: String, indentation: Int) -> String {
        let margin = String(repeating: " ", count: indentation)
        var lines = [margin]
        for word in text.split(separator: " ") {
            if lines[lines.count - 1].utf8.count + word.utf8.count > 90 { lines.append(margin) }
            if lines[lines.count - 1].utf8.count > indentation { lines[lines.count - 1] += " " }
            lines[lines.count - 1] += word
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
