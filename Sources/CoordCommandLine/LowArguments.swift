package import CoordModel

/// What was typed, word by word, checked against the registry: no system call is needed to make it.
package struct LowArguments: Sendable, Hashable {
    /// The command and its subcommand, as in `["tasks", "show"]`. Empty: none was named.
    package var path: [String] = []
    /// The words that are no flags.
    package var words: [String] = []
    /// Flags by their long name, with the values of each use; a switch has an empty value.
    package var flags: [String: [String]] = [:]
    /// Everything as it was typed.
    package var typed: [String] = []

    package init() {}

    /// The command as people type it: `coord tasks show`.
    package var commandText: String { (["coord"] + path).joined(separator: " ") }

    /// Whether the flag was typed.
    package func has(_ flag: String) -> Bool { flags[flag] != nil }
    /// The last value of a flag.
    package func value(_ flag: String) -> String? { flags[flag]?.last }
    /// Every value of a flag, in the order of typing.
    package func values(_ flag: String) -> [String] { flags[flag] ?? [] }
    /// The value of a flag that takes a number; it was checked while parsing.
    package func number(_ flag: String) -> Int? { value(flag).flatMap { Int($0) } }
    /// The value of a flag that takes dollars; it was checked while parsing.
    package func money(_ flag: String) -> Money? { value(flag).flatMap { ArgumentParser.money($0) } }
    package var first: String? { words.first }
}

/// From typed words to `LowArguments`, or to a sentence that says which word is wrong and what was probably
/// meant.
package struct ArgumentParser {
    private var arguments = LowArguments()
    private var spec: CommandSpec?
    private var rest: ArraySlice<String>

    /// The words that follow the program's name.
    package static func parse(_ words: [String]) throws(CommandFailure) -> LowArguments {
        var parser = ArgumentParser(rest: words[...])
        try parser.run()
        parser.arguments.typed = words
        return parser.arguments
    }

    private init(rest: ArraySlice<String>) { self.rest = rest }

    private mutating func run() throws(CommandFailure) {
        while let word = rest.popFirst() {
            if word == "--" {
                for word in rest { try take(word) }
                rest = []
            } else if word.hasPrefix("--") {
                try takeLong(String(word.dropFirst(2)))
            } else if word.hasPrefix("-"), word.utf8.count > 1, !isNumber(word) {
                try takeLetters(word.dropFirst())
            } else {
                try take(word)
            }
        }
        try finish()
    }

    // MARK: Words

    private mutating func take(_ word: String) throws(CommandFailure) {
        guard let spec else {
            guard let command = CommandTable.command(word) else { throw unknownCommand(word) }
            enter(command)
            return
        }
        if !spec.subcommands.isEmpty {
            guard let subcommand = spec.subcommand(word) else { throw unknownSubcommand(word, of: spec) }
            enter(subcommand)
            return
        }
        arguments.words.append(word)
    }

    /// A command that is not built says so before fault is found with its words.
    private mutating func enter(_ command: CommandSpec) {
        spec = command
        arguments.path.append(command.name)
        guard !command.isBuilt else { return }
        if rest.contains("--help") || rest.contains("-h") { arguments.flags["help"] = [""] }
        rest = []
    }

    private func unknownCommand(_ word: String) -> CommandFailure {
        let nearest = Suggestion.nearest(to: word, among: CommandTable.all.map(\.name))
        let hint = nearest.map { "did you mean `coord \($0)`?" } ?? "`coord help` lists all commands"
        return CommandFailure(.wrongInput, "there is no command `\(word)`", hint: hint)
    }

    private func unknownSubcommand(_ word: String, of spec: CommandSpec) -> CommandFailure {
        let names = spec.subcommands.map(\.name)
        let nearest = Suggestion.nearest(to: word, among: names)
        let hint = nearest.map { "did you mean `coord \(spec.name) \($0)`?" }
        return CommandFailure(
            .wrongInput, "`coord \(spec.name)` has no command `\(word)`",
            hint: hint ?? "it has " + names.map { "`\($0)`" }.joined(separator: ", "))
    }

    // MARK: Flags

    private mutating func takeLong(_ text: String) throws(CommandFailure) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        if spec == nil, name == "version" { return try take(name) }
        guard let flag = find({ $0.flag(name) }) else { throw unknownFlag("--" + name) }
        try take(flag, written: "--" + name, joined: parts.count > 1 ? String(parts[1]) : nil)
    }

    /// `-qf`, `-n5`, `-n 5`.
    private mutating func takeLetters(_ letters: Substring) throws(CommandFailure) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let flag = find({ $0.flag(letter) }) else { throw unknownFlag("-\(letter)") }
            guard flag.kind != .nothing else {
                try take(flag, written: "-\(letter)", joined: nil)
                continue
            }
            if letters.first == "=" { letters.removeFirst() }
            try take(flag, written: "-\(letter)", joined: letters.isEmpty ? nil : String(letters))
            return
        }
    }

    /// A flag of the command, of its default subcommand, or of all commands. Before the command only the
    /// last.
    private func find(_ look: (CommandSpec) -> Flag?) -> Flag? {
        guard let spec else { return look(CommandSpec("", .run, "")) }
        if let flag = look(spec) { return flag }
        return spec.defaultSubcommand.flatMap(spec.subcommand).flatMap(look)
    }

    private mutating func take(_ flag: Flag, written: String, joined: String?) throws(CommandFailure) {
        guard flag.isBuilt else {
            throw CommandFailure(.wrongInput, "`\(written)` of `\(commandText)` is not part of this version")
        }
        var value = ""
        if flag.kind == .nothing {
            guard joined == nil else { throw CommandFailure(.wrongInput, "`\(written)` takes no value") }
        } else if let joined {
            value = joined
        } else if let next = rest.popFirst() {
            value = next
        } else {
            throw CommandFailure(.wrongInput, "`\(written)` needs a value: \(flag.summary)")
        }
        try check(value, of: flag, written: written)
        if flag.repeats {
            arguments.flags[flag.name, default: []].append(value)
        } else {
            arguments.flags[flag.name] = [value]
        }
    }

    private func check(_ value: String, of flag: Flag, written: String) throws(CommandFailure) {
        switch flag.kind {
        case .nothing: return
        case .text:
            guard value.isEmpty else { return }
            throw CommandFailure(.wrongInput, "`\(written)` needs a value: \(flag.summary)")
        case .number(_, let range):
            if let number = Int(value), range.contains(number) { return }
            let limits =
                range.upperBound > 1_000_000_000
                ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
            throw CommandFailure(
                .wrongInput, "`\(written)` takes a whole number \(limits), not `\(value)`")
        case .money:
            guard Self.money(value) == nil else { return }
            throw CommandFailure(.wrongInput, "`\(written)` takes dollars, as in 2.50, not `\(value)`")
        case .choice(_, let words):
            guard !words.contains(value) else { return }
            let list = words.map { "`\($0)`" }.joined(separator: ", ")
            throw CommandFailure(
                .wrongInput, "`\(written)` takes one of \(list), not `\(value)`",
                hint: Suggestion.nearest(to: value, among: words).map { "did you mean `\($0)`?" })
        }
    }

    private func unknownFlag(_ written: String) -> CommandFailure {
        let name = String(written.drop { $0 == "-" })
        guard let spec else {
            return CommandFailure(
                .wrongInput, "there is no flag `\(written)` before a command",
                hint: suggestion(written, Flag.common) ?? "`coord help` lists all commands")
        }
        let message = "`\(commandText)` has no flag `\(written)`"
        let own = spec.defaultSubcommand.flatMap(spec.subcommand)?.flags ?? []
        if let hint = suggestion(written, spec.flags + own + Flag.common) {
            return CommandFailure(.wrongInput, message, hint: hint)
        }
        let owner = CommandTable.all.first {
            $0.flags.contains { $0.name == name && written.hasPrefix("--") }
        }
        return CommandFailure(
            .wrongInput, message,
            hint: owner.map { "it belongs to `coord \($0.name)`" }
                ?? "see `coord help \(arguments.path.joined(separator: " "))`")
    }

    private func suggestion(_ written: String, _ flags: [Flag]) -> String? {
        guard written.hasPrefix("--") else { return nil }
        return Suggestion.nearest(to: String(written.dropFirst(2)), among: flags.map(\.name))
            .map { "did you mean `--\($0)`?" }
    }

    // MARK: The end

    private mutating func finish() throws(CommandFailure) {
        guard var spec, spec.isBuilt else { return }
        if let meant = spec.defaultSubcommand.flatMap(spec.subcommand) {
            arguments.path.append(meant.name)
            spec = meant
        }
        guard !arguments.has("help") else { return }
        if !spec.subcommands.isEmpty {
            let names = spec.subcommands.map { "`\($0.name)`" }.joined(separator: ", ")
            throw CommandFailure(.wrongInput, "`\(commandText)` needs one of \(names)")
        }
        for flag in arguments.flags.keys.sorted() where spec.flag(flag) == nil {
            throw CommandFailure(.wrongInput, "`\(arguments.commandText)` has no flag `--\(flag)`")
        }
        try checkCount(spec)
    }

    private func checkCount(_ spec: CommandSpec) throws(CommandFailure) {
        let least = spec.arguments.filter(\.isRequired).count
        let most = spec.arguments.contains(where: \.repeats) ? Int.max : spec.arguments.count
        if arguments.words.count < least {
            let missing = spec.arguments[arguments.words.count].name
            throw CommandFailure(
                .wrongInput, "`\(arguments.commandText)` needs \(Self.article(missing)) \(missing)",
                hint: "see `coord help \(arguments.path.joined(separator: " "))`")
        }
        if arguments.words.count > most {
            throw CommandFailure(
                .wrongInput, "`\(arguments.commandText)` has no use for `\(arguments.words[most])`",
                hint: "see `coord help \(arguments.path.joined(separator: " "))`")
        }
    }

    private var commandText: String { arguments.commandText }

    private static func article(_ name: String) -> String {
        name.first.map { "AEIO".contains($0) } ?? false ? "an" : "a"
    }

    /// `-5` is a word, no flag.
    private func isNumber(_ word: String) -> Bool { Int(word) != nil }

    /// Dollars with up to six decimals, with or without their sign; nil for anything else.
    package static func money(_ text: String) -> Money? {
        let text = text.hasPrefix("$") ? text.dropFirst() : text[...]
        guard let first = text.utf8.first, (0x30...0x39).contains(first) || first == 0x2E else { return nil }
        return Double(text).flatMap { Money(dollars: $0) }
    }
}
