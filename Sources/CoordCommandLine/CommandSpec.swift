/// One command as the registry knows it. Parsing, help and the list of what is not built yet are all read
/// from here.
package struct CommandSpec: Sendable {
    /// What carries a command out. Nil in the registry: not part of this version.
    package typealias Body = @Sendable (CommandContext) throws(CommandFailure) -> ExitStatus

    /// Where a command stands in the overview.
    package enum Group: String, Sendable, CaseIterable {
        case run = "Run a mission"
        case look = "Look, while it runs and afterwards"
        case act = "Act on a run"
        case check = "Plan and check"
        case setUp = "Set up"
    }

    package var name: String
    package var group: Group
    /// One line for lists, without a full stop.
    package var summary: String
    package var arguments: [Argument]
    package var flags: [Flag]
    package var subcommands: [CommandSpec]
    /// The subcommand that is meant when none is named.
    package var defaultSubcommand: String?
    /// Whole lines that `coord help` adds below.
    package var examples: [String]
    package var body: Body?

    init(
        _ name: String, _ group: Group, _ summary: String, arguments: [Argument] = [], flags: [Flag] = [],
        subcommands: [CommandSpec] = [], defaultSubcommand: String? = nil, examples: [String] = [],
        body: Body? = nil
    ) {
        self.name = name
        self.group = group
        self.summary = summary
        self.arguments = arguments
        self.flags = flags
        self.subcommands = subcommands
        self.defaultSubcommand = defaultSubcommand
        self.examples = examples
        self.body = body
    }

    /// Whether any of it is part of this version.
    package var isBuilt: Bool { body != nil || subcommands.contains(where: \.isBuilt) }

    func subcommand(_ name: String) -> CommandSpec? { subcommands.first { $0.name == name } }
    func flag(_ name: String) -> Flag? { (flags + Flag.common).first { $0.name == name } }
    func flag(_ letter: Character) -> Flag? { (flags + Flag.common).first { $0.letter == letter } }
}

/// A word that stands for itself: `TASK`.
package struct Argument: Sendable, Hashable {
    package var name: String
    package var isRequired: Bool
    package var repeats: Bool

    static func one(_ name: String) -> Argument { Argument(name: name, isRequired: true, repeats: false) }
    static func maybe(_ name: String) -> Argument { Argument(name: name, isRequired: false, repeats: false) }
    static func some(_ name: String) -> Argument { Argument(name: name, isRequired: true, repeats: true) }
    static func any(_ name: String) -> Argument { Argument(name: name, isRequired: false, repeats: true) }
}

/// An option: `--name`, or `-n`.
package struct Flag: Sendable, Hashable {
    /// What follows the flag.
    package enum Kind: Sendable, Hashable {
        case nothing
        /// Any text; the string names it in help.
        case text(String)
        case number(String, ClosedRange<Int>)
        /// Dollars, as in `2.50`.
        case money(String)
        case choice(String, [String])
    }

    package var name: String
    package var letter: Character?
    package var kind: Kind
    package var summary: String
    /// Each use adds a value; otherwise the last one counts.
    package var repeats: Bool
    package var isBuilt: Bool

    init(
        _ name: String, _ letter: Character?, _ kind: Kind, _ summary: String, repeats: Bool = false,
        isBuilt: Bool = true
    ) {
        self.name = name
        self.letter = letter
        self.kind = kind
        self.summary = summary
        self.repeats = repeats
        self.isBuilt = isBuilt
    }

    /// A plain switch.
    init(_ name: String, _ letter: Character?, _ summary: String, isBuilt: Bool = true) {
        self.init(name, letter, .nothing, summary, isBuilt: isBuilt)
    }

    /// What stands behind the flag in help; nil for a plain switch.
    package var placeholder: String? {
        switch kind {
        case .nothing: nil
        case .text(let name), .number(let name, _), .money(let name), .choice(let name, _): name
        }
    }

    /// What every command takes.
    package static let common = [
        Flag("project", nil, .text("DIR"), "the project to work on; otherwise the one around this folder"),
        Flag("json", nil, "answer with one JSON document"),
        Flag("quiet", "q", "say nothing but results and errors"),
        Flag("verbose", "v", "say more"),
        Flag("no-input", nil, "never ask; fail instead"),
        Flag("color", nil, .choice("WHEN", ColorChoice.allCases.map(\.rawValue)), "auto, always or never"),
        Flag("help", "h", "explain the command"),
    ]
}
