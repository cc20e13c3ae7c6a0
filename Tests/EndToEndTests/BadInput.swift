/// One wrong way to call coord, and what it answers.
struct BadInput: Sendable, CustomStringConvertible {
    var name: String
    /// `ROOT`, `PROJECT` and `MISSION` are replaced.
    var words: [String]
    var status: Int32 = 2
    /// Part of the first line on standard error, which starts with `error: `.
    var says: String
    /// Part of a hint line; empty: none is asked for.
    var hint = ""
    /// Shell run in the project before; `$ROOT` is set.
    var prepare = ""
    /// Shell that runs coord itself as `"$COORD" …` in place of `words`.
    var shell: String?
    /// Where coord is started, below the root.
    var folder = "my project"
    var environment: [String: String] = [:]

    var description: String { name }

    static let all = flags + missions + projects + surroundings

    // MARK: - Flags and names

    static let flags = [
        BadInput(name: "an unknown command", words: ["statsu"], says: "statsu", hint: "status"),
        BadInput(
            name: "an unknown flag", words: ["run", "MISSION", "--bugdet", "1"], says: "bugdet",
            hint: "budget"),
        BadInput(name: "a flag without its value", words: ["run", "MISSION", "--budget"], says: "budget"),
        BadInput(
            name: "a budget that is a word", words: ["run", "MISSION", "--budget", "lots"], says: "lots"),
        BadInput(name: "a negative budget", words: ["run", "MISSION", "--budget=-3"], says: "-3"),
        BadInput(
            name: "a budget that is no number", words: ["run", "MISSION", "--budget", "nan"], says: "nan"),
        BadInput(name: "no worker", words: ["run", "MISSION", "--workers", "0"], says: "workers"),
        BadInput(
            name: "too many workers", words: ["run", "MISSION", "--workers", "100000"], says: "workers"),
        BadInput(name: "workers as a fraction", words: ["run", "MISSION", "--workers", "1.5"], says: "1.5"),
        BadInput(
            name: "workers past all numbers", words: ["run", "MISSION", "--workers", "99999999999999999999"],
            says: "workers"),
        BadInput(
            name: "an unknown agent", words: ["run", "MISSION", "--agent", "cluade"], says: "cluade",
            hint: "claude"),
        BadInput(name: "an empty agent", words: ["run", "MISSION", "--agent", ""], says: "agent"),
        BadInput(
            name: "a rehearsal that is not there", words: ["run", "MISSION", "--agent", "rehearsal"],
            status: 4, says: "rehearsal", hint: "command:"),
        BadInput(
            name: "an agent without a driver", words: ["run", "MISSION", "--agent", "claude"], status: 4,
            says: "claude"),
        BadInput(
            name: "no agent found", words: ["run", "MISSION"], status: 4, says: "no agent", hint: "--agent"),
        BadInput(name: "no mission", words: ["run"], says: "mission", hint: "missions list"),
        BadInput(name: "an unknown mission", words: ["run", "web-ap"], says: "web-ap", hint: "web-app"),
        BadInput(name: "two missions", words: ["run", "MISSION", "MISSION"], says: "mission.json"),
        BadInput(name: "a color that is none", words: ["status", "--color", "pink"], says: "pink"),
        BadInput(name: "an unknown grouping", words: ["cost", "--by", "moon"], says: "moon"),
        BadInput(name: "an unknown report format", words: ["report", "--format", "pdf"], says: "pdf"),
        BadInput(
            name: "a since that is a word", words: ["events", "--since", "yesterday"], says: "yesterday"),
        BadInput(name: "why without a task", words: ["why"], says: "TASK"),
        BadInput(name: "a subcommand that is none", words: ["tasks", "destroy"], says: "destroy"),
        BadInput(
            name: "an unknown shipped role", words: ["roles", "show", "backend-dve"], says: "backend-dve",
            hint: "backend-dev"),
        BadInput(name: "a command of another version", words: ["demo"], says: "demo", hint: "help"),
        BadInput(name: "help for nothing", words: ["help", "wings"], says: "wings"),
    ]

    // MARK: - Mission files

    private static func file(_ name: String, _ text: String, says: String, hint: String = "") -> BadInput {
        BadInput(
            name: name, words: ["run", "ROOT/bad.json", "--agent", "command:true"], says: says, hint: hint,
            prepare: "cat > \"$ROOT/bad.json\" <<'END'\n\(text)\nEND")
    }

    static let missions = [
        BadInput(
            name: "a mission file that is missing", words: ["run", "ROOT/none.json"], says: "none.json"),
        BadInput(name: "a folder as mission", words: ["run", "PROJECT"], says: "my project"),
        BadInput(name: "a device as mission", words: ["run", "/dev/zero"], says: "/dev/zero"),
        BadInput(
            name: "a path below a file", words: ["run", "PROJECT/README.md/x.json"],
            says: "README.md/x.json"),
        file("broken JSON", "{ \"id\": \"x\", ", says: "JSON"),
        file("an empty file", "", says: ""),
        file("a list in place of a mission", "[]", says: "object"),
        file(
            "an unknown key", #"{ "id": "x", "taks": [], "tasks": [ {"id":"a","prompt":"p"} ] }"#,
            says: "taks", hint: "tasks"),
        file("a wrong type", #"{ "id": "x", "tasks": 7 }"#, says: "tasks"),
        file(
            "a cycle",
            #"{"id":"x","tasks":[{"id":"a","run":"p","deps":["b"]},{"id":"b","run":"p","deps":["a"]}]}"#,
            says: "a"),
        file(
            "a missing need",
            #"{ "id": "x", "tasks": [ {"id":"api","prompt":"p"}, {"id":"b","prompt":"p","deps":["apj"]} ] }"#,
            says: "apj", hint: "api"),
        file(
            "the same name twice",
            #"{ "id": "x", "tasks": [ {"id":"a","prompt":"p"}, {"id":"a","prompt":"p"} ] }"#, says: "a"),
        file(
            "an unknown role", #"{ "id": "x", "tasks": [ {"id":"a","prompt":"p","role":"wizard"} ] }"#,
            says: "wizard"),
        file(
            "a task's name that climbs out", #"{ "id": "x", "tasks": [ {"id":"../../etc","prompt":"p"} ] }"#,
            says: "../../etc"),
        file(
            "a mission's name that is a path", #"{ "id": "a/b", "tasks": [ {"id":"a","prompt":"p"} ] }"#,
            says: "a/b"),
        file(
            "a negative limit",
            #"{ "id": "x", "limits": {"budgetUSD": -1}, "tasks": [ {"id":"a","prompt":"p"} ] }"#,
            says: "budgetUSD"),
    ]

    // MARK: - Projects

    private static let go = ["run", "MISSION", "--agent", "command:true"]

    static let projects = [
        BadInput(
            name: "nothing to resume", words: ["run", "MISSION", "--resume", "--agent", "command:true"],
            says: "no mission has run", hint: "coord run"),
        BadInput(
            name: "nothing to resume, and no mission", words: ["run", "--resume"],
            says: "no mission has run"),
        BadInput(name: "no run to show", words: ["status"], says: "no mission has run", hint: "coord run"),
        BadInput(name: "no run to steer", words: ["pause"], says: "no mission has run"),
        BadInput(
            name: "no repository around", words: go, says: "no git repository", hint: "--project",
            folder: "home"),
        BadInput(
            name: "a folder with files and no repository", words: go + ["--project", "ROOT/plain"],
            says: "plain", prepare: "mkdir \"$ROOT/plain\"; echo x > \"$ROOT/plain/x\""),
        BadInput(
            name: "a file as project", words: go + ["--project", "PROJECT/README.md"], says: "README.md"),
        BadInput(
            name: "a project below a file", words: go + ["--project", "PROJECT/README.md/x"],
            says: "README.md"),
        BadInput(name: "no commit", words: go, says: "commit", prepare: "rm -rf .git; git init -q -b main"),
        BadInput(
            name: "a detached HEAD", words: go, says: "HEAD", hint: "--target",
            prepare: "git checkout -q --detach"),
        BadInput(
            name: "a target that does not exist", words: go + ["--target", "mian"], says: "mian", hint: "main"
        ),
        BadInput(name: "a target that is no branch name", words: go + ["--target", "-x..y"], says: "-x..y"),
        BadInput(
            name: "a target that is a tag", words: go + ["--target", "v1"], says: "v1",
            prepare: "git tag v1"),
        BadInput(
            name: "a bare repository without a commit", words: go + ["--project", "ROOT/bare"], says: "bare",
            prepare: "git init -q --bare \"$ROOT/bare\""),
        BadInput(name: "a broken repository", words: go, says: "my project", prepare: "rm .git/HEAD"),
        BadInput(
            name: "the folder .git as project", words: go + ["--project", "PROJECT/.git"], says: ".git"),
        BadInput(
            name: "a file in place of .coord", words: go, status: 6, says: ".coord",
            prepare: "echo x > .coord"),
        BadInput(
            name: "a file in place of .coord/state", words: go, status: 6, says: ".coord/state",
            prepare: "mkdir .coord; echo x > .coord/state"),
        BadInput(
            name: "a journal that is none", words: go, says: "state.db",
            prepare:
                "mkdir -p .coord/state; echo 'This is text and no database.' > .coord/state/state.db"
        ),
        BadInput(
            name: "a path that is too long",
            words: go + ["--project", "ROOT/" + String(repeating: "x", count: 300)], says: "xxx"),
        BadInput(name: "a dash as project", words: ["status", "--project", "ROOT/nowhere"], says: "nowhere"),
    ]

    // MARK: - Surroundings

    private static func fakeGit(_ line: String) -> String {
        let file = "\"$ROOT/old/git\""
        return "mkdir \"$ROOT/old\"; printf '#!/bin/sh\\n\(line)\\n' > \(file); chmod +x \(file)"
    }

    static let surroundings = [
        BadInput(
            name: "no git on the PATH", words: go, says: "git", hint: "git", environment: ["PATH": "/nowhere"]
        ),
        BadInput(
            name: "an old git", words: go, says: "2.20",
            prepare:
                fakeGit("echo git version 2.20.1"),
            environment: ["PATH": "ROOT/old"]),
        BadInput(
            name: "a git that is none", words: go, says: "git",
            prepare:
                fakeGit("exit 9"),
            environment: ["PATH": "ROOT/old"]),
        BadInput(
            name: "no space for the journal", words: [], status: 6, says: "the disk is full",
            hint: "make room",
            shell: "trap '' XFSZ; ulimit -f 8; exec \"$COORD\" run \"$MISSION\" --agent command:true"),
    ]
}
