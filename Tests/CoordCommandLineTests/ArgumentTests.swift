import CoordCommandLine
import CoordModel
import Testing

@Suite("Arguments")
struct ArgumentTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var line: String
        var speech: String
        var testDescription: String { line }
    }

    static let wrong = [
        Case(
            line: "statsu",
            speech: "error: there is no command `statsu`\nhint: did you mean `coord status`?\n"),
        Case(
            line: "frobnicate",
            speech: "error: there is no command `frobnicate`\nhint: `coord help` lists all commands\n"),
        Case(
            line: "status --jsn",
            speech: "error: `coord status` has no flag `--jsn`\nhint: did you mean `--json`?\n"),
        Case(
            line: "status --gate x",
            speech: "error: `coord status` has no flag `--gate`\nhint: it belongs to `coord run`\n"),
        Case(
            line: "status --zzz",
            speech: "error: `coord status` has no flag `--zzz`\nhint: see `coord help status`\n"),
        Case(
            line: "status -z",
            speech: "error: `coord status` has no flag `-z`\nhint: see `coord help status`\n"),
        Case(
            line: "--jsn status",
            speech: "error: there is no flag `--jsn` before a command\nhint: did you mean `--json`?\n"),
        Case(
            line: "status extra",
            speech: "error: `coord status` has no use for `extra`\nhint: see `coord help status`\n"),
        Case(line: "why", speech: "error: `coord why` needs a TASK\nhint: see `coord help why`\n"),
        Case(
            line: "why a b", speech: "error: `coord why` has no use for `b`\nhint: see `coord help why`\n"),
        Case(
            line: "tasks shwo api",
            speech: "error: `coord tasks` has no command `shwo`\nhint: did you mean `coord tasks show`?\n"),
        Case(
            line: "workers dance",
            speech: "error: `coord workers` has no command `dance`\n"
                + "hint: it has `list`, `show`, `restart`, `stop`\n"),
        Case(
            line: "tasks show",
            speech: "error: `coord tasks show` needs a TASK\nhint: see `coord help tasks show`\n"),
        Case(
            line: "tasks show api --limit 3",
            speech: "error: `coord tasks show` has no flag `--limit`\nhint: see `coord help tasks show`\n"),
        Case(
            line: "tasks --limit 3 show api",
            speech: "error: `coord tasks show` has no flag `--limit`\n"),
        Case(
            line: "tasks --status land",
            speech:
                "error: `--status` takes one of `pending`, `in_progress`, `completed`, `failed`, `skipped`, "
                + "`cancelled`, `waiting`, `ready`, `retryable`, `leased`, `submitting`, `reviewing`, "
                + "`approval`, `asking`, `queued`, `checking`, `landed`, `quarantined`, not `land`\n"),
        Case(line: "tasks --limit", speech: "error: `--limit` needs a value: at most N tasks\n"),
        Case(
            line: "tasks --limit none",
            speech: "error: `--limit` takes a whole number from 1 to 1000000, not `none`\n"),
        Case(
            line: "events --since -1", speech: "error: `--since` takes a whole number 0 or more, not `-1`\n"),
        Case(
            line: "cost --by moon",
            speech: "error: `--by` takes one of `worker`, `role`, `model`, `task`, not `moon`\n"),
        Case(
            line: "cost --by wroker",
            speech: "error: `--by` takes one of `worker`, `role`, `model`, `task`, not `wroker`\n"
                + "hint: did you mean `worker`?\n"),
        Case(line: "status --json=yes", speech: "error: `--json` takes no value\n"),
        Case(
            line: "status --project=",
            speech:
                "error: `--project` needs a value: the project to work on; "
                + "otherwise the one around this folder\n"
        ),
        Case(
            line: "status --color blue",
            speech: "error: `--color` takes one of `auto`, `always`, `never`, not `blue`\n"),
        Case(
            line: "demo",
            speech: "error: `coord demo` is not part of this version\nhint: `coord help` lists what is\n"),
        Case(
            line: "services start api --now",
            speech: "error: `coord services` is not part of this version\n"
                + "hint: `coord help` lists what is\n"),
        Case(line: "-", speech: "error: there is no command `-`\nhint: `coord help` lists all commands\n"),
    ]

    @Test("a wrong word is named, and what was probably meant", arguments: wrong)
    func wrongWords(_ wrong: Case) throws {
        let fixture = try RunFixture()
        let reply = fixture.reply(wrong.line)
        #expect(reply.speech == wrong.speech)
        #expect(reply.output == "")
        #expect(reply.status == .wrongInput)
    }

    @Test(
        "flags may stand before and after the command, joined or apart",
        arguments: [
            "--project /p -q tasks --limit 3 --status failed --status skipped list",
            "tasks --limit=3 -q --status=failed --status=skipped --project=/p",
            "-q tasks list --project /x --limit 9 --status failed --limit 3 --status skipped --project /p",
        ])
    func places(_ line: String) throws {
        let arguments = try ArgumentParser.parse(line.split(separator: " ").map(String.init))
        #expect(arguments.path == ["tasks", "list"])
        #expect(arguments.words == [])
        #expect(
            arguments.flags
                == ["project": ["/p"], "quiet": [""], "limit": ["3"], "status": ["failed", "skipped"]])
        #expect(arguments.number("limit") == 3)
    }

    @Test("short flags run together, the last one with its value")
    func letters() throws {
        for line in ["events -fqn5", "events -f -q -n 5", "events -qfn=5"] {
            let arguments = try ArgumentParser.parse(line.split(separator: " ").map(String.init))
            #expect(arguments.flags == ["follow": [""], "quiet": [""], "lines": ["5"]])
        }
    }

    @Test("after two dashes every word stands for itself")
    func doubleDash() throws {
        #expect(try ArgumentParser.parse(["why", "--", "--json"]).words == ["--json"])
    }

    @Test("dollars are read exactly, and nothing else is")
    func money() {
        #expect(ArgumentParser.money("2.50") == Money(microDollars: 2_500_000))
        #expect(ArgumentParser.money("$0.000001") == Money(microDollars: 1))
        #expect(ArgumentParser.money(".5") == Money(microDollars: 500_000))
        for text in ["", "$", "-1", "nan", "inf", "1e999", "2,50", "0x10p3 ", "two"] {
            #expect(ArgumentParser.money(text) == nil, "\(text)")
        }
    }

    @Test("every command that was promised is in the registry")
    func promised() {
        let promised = [
            "run", "status", "why", "cost", "report", "tasks", "workers", "handoff", "logs", "events",
            "queue",
            "rescue", "pause", "resume", "stop", "drain", "runs", "missions", "roles", "skills", "plan",
            "validate", "init", "doctor", "demo", "serve", "services", "repos", "mcp", "slot", "config",
            "paths",
            "completions", "man", "version", "help",
        ]
        #expect(promised.filter { CommandTable.command($0) == nil } == [])
        let subcommands = [
            "tasks": ["list", "show", "add", "edit", "skip", "retry", "cancel", "approve", "reassign"],
            "workers": ["list", "show", "restart", "stop"], "rescue": ["list", "restore"],
            "runs": ["list", "show", "remove"], "roles": ["list", "show", "validate", "add"],
            "missions": ["list", "show", "validate", "add", "import"],
            "skills": ["list", "show", "validate", "add", "search", "select", "import"],
            "slot": ["run", "list"],
        ]
        for (name, wanted) in subcommands {
            let found = CommandTable.command(name)?.subcommands.map(\.name) ?? []
            #expect(wanted.filter { !found.contains($0) } == [], "\(name)")
        }
    }

    @Test(
        "a command that is not built says so and nothing else",
        arguments: CommandTable.all.filter { !$0.isBuilt }.map(\.name))
    func notBuilt(_ name: String) throws {
        let reply = try RunFixture().reply(name + " some --words")
        #expect(
            reply.speech
                == "error: `coord \(name)` is not part of this version\nhint: `coord help` lists what is\n")
        #expect(reply.status == .wrongInput)
    }

    @Test("no two flags of a command share a name or a letter")
    func registry() {
        for command in CommandTable.all.flatMap({ [$0] + $0.subcommands }) {
            let flags = command.flags + Flag.common
            #expect(Set(flags.map(\.name)).count == flags.count, "\(command.name)")
            let letters = flags.compactMap(\.letter)
            #expect(Set(letters).count == letters.count, "\(command.name)")
        }
        #expect(Set(CommandTable.all.map(\.name)).count == CommandTable.all.count)
    }

    @Test(
        "help is read from the registry",
        arguments: [
            "", "help", "--help", "help status", "status --help", "tasks --help", "help tasks show",
            "help events",
            "help exit-status", "help services", "help statsu", "version", "--version", "help help",
        ])
    func help(_ line: String) throws {
        let name = line.isEmpty ? "nothing" : line.replacing("--", with: "").replacing(" ", with: "-")
        let prefix = line.hasPrefix("--") ? "flag-" : ""
        try GoldenFiles.expect("help/" + prefix + name, RunFixture().reply(line).description)
    }
}
