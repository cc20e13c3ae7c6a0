import CoordCatalog
import CoordJSON
import CoordModel
import CoordProcess
import CoordRuntime
import CoordSkills
import CoordSystem
import Testing

/// A small git repository with a file of each kind that the shipped skills look at.
private final class SkillGround {
    let folder: String
    let environment: [String: String]

    init() throws {
        folder = try Files.realPath(try Files.temporaryFolder(prefix: "coord-skills-"))
        var environment = AgentEnvironment.inherited()
        for who in ["AUTHOR", "COMMITTER"] {
            environment["GIT_\(who)_NAME"] = "Ada"
            environment["GIT_\(who)_EMAIL"] = "ada@example.org"
            environment["GIT_\(who)_DATE"] = "2026-01-02T03:04:05Z"
        }
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null"
        self.environment = environment
        try git("init", "--quiet", "--initial-branch=main")
        try write("#!/bin/sh\n# TODO: greet by name\necho hello\n", "src/greet.sh")
        try write("def greet():\n    return eval('1')\n", "src/greet.py")
        try write("# Greeter\n\n[home](docs/home.md)\n\n## Install\n", "README.md")
        try write("MIT License\n", "LICENSE")
        try write("{\"a\": [1, 2]}\n", "data.json")
        try write("name,age\nada,36\nbob,\n", "people.csv")
        try write("jobs:\n  test: yes\n", "ci.yml")
        try write("one\ntwo error\n", "app.log")
        try write("{ \"name\": \"x\" }\n", "package.json")
        try write("key = 'AKIAABCDEFGHIJKLMNOP'\n", "leak.txt")
        try write(
            "test:\n\t@echo tested\nall:\n\t@echo built\nlint:\n\t@echo linted\ndeploy-staging:\n\t@echo deployed\n",
            "Makefile")
        try write(
            "import unittest\nclass T(unittest.TestCase):\n    def test_one(self):\n        self.assertEqual(1, 1)\n",
            "tests/test_one.py")
        try git("add", "--all")
        try git("commit", "--quiet", "-m", "Begin the greeter")
        try git("tag", "-a", "-m", "First", "v1.0.0")
        try git("branch", "other")
        try write("#!/bin/sh\n# TODO: greet by name\necho hello, you  \n", "src/greet.sh")
    }

    deinit {
        // The system clears what stays behind.
        try? Files.removeTree(folder)
    }

    func write(_ text: String, _ path: String) throws {
        try Files.makeFolder(Files.parent(folder + "/" + path))
        try Files.write(Array(text.utf8), to: folder + "/" + path)
    }

    func git(_ arguments: String...) throws {
        let program = try #require(Executables.find("git"))
        let result = try CommandRunner.run(
            CommandRequest(
                executable: program, arguments: arguments, environment: environment, workingFolder: folder))
        try #require(result.succeeded, "\(result.errorText)")
    }

    func call(_ skill: Skill, _ arguments: JSONValue) throws -> (text: String, succeeded: Bool) {
        let call = try SkillCall(skill, arguments: arguments, isApproved: true)
        return SkillRunner.run(call, in: folder, environment: environment)
    }
}

@Suite("Programs of the skills that come with coord")
struct SkillHandlerTests {
    private static let shelf = Catalog(
        locations: CatalogLocations(
            project: nil, userFolder: nil, shipped: Files.parent(Files.parent(Files.parent(#filePath))))
    ).skillShelf()

    /// A call of each skill that runs on any machine, and a piece of what it answers.
    private static let calls: [(id: SkillID, arguments: JSONValue, says: String)] = [
        ("git-status", [:], "src/greet.sh"), ("git-diff", [:], "+echo hello, you"),
        ("git-diff", ["from": "HEAD", "paths": ["README.md"]], "[no output]"),
        ("git-diff-stat", [:], "src/greet.sh | 2"), ("git-log", [:], "Ada Begin the greeter"),
        ("git-show", [:], "Begin the greeter"), ("git-blame", ["path": "README.md"], "# Greeter"),
        ("git-search-history", ["text": "TODO"], "Begin the greeter"),
        ("git-file-history", ["path": "README.md"], "Begin the greeter"), ("git-branches", [:], "other"),
        ("git-stage", ["paths": ["src/greet.sh"]], "[no output]"),
        ("git-merge-preview", ["theirs": "other"], ""),
        ("file-read", ["path": "app.log", "lines": 1], "one"),
        ("file-list", ["patterns": ["src"]], "src/greet.py"),
        ("find-symbol", ["name": "greet"], "src/greet.py:1:"),
        ("find-todos", [:], "src/greet.sh:2:"), ("count-lines", [:], "README.md:5"),
        ("test-runner", [:], "tested"), ("test-python", [:], "OK"), ("build-make", [:], "built"),
        ("build-plan", ["target": "test"], "echo tested"), ("lint", [:], "linted"),
        ("lint-python", ["paths": ["src"]], "[no output]"),
        ("lint-shell", ["path": "src/greet.sh"], "[no output]"),
        ("codebase-search", ["pattern": "hel+o"], "src/greet.sh:3:"),
        ("python-docs", ["name": "json.dumps"], "dumps"),
        ("docs-outline", ["patterns": ["*.md"]], "README.md:5:## Install"),
        ("docs-links", [:], "README.md:3:](docs/home.md)"), ("secrets-scan", [:], "leak.txt:1:"),
        ("dangerous-calls", [:], "src/greet.py:2:"), ("dependency-list", [:], "package.json"),
        ("licence-list", [:], "LICENSE"), ("large-files", [:], "README.md"),
        ("changes-since", ["from": "v1.0.0"], "[no output]"), ("list-tags", [:], "v1.0.0"),
        ("tag-release", ["tag": "v1.1.0", "message": "Second"], "[no output]"),
        ("source-archive", ["path": "out.tar.gz"], "[no output]"),
        ("json-format", ["path": "data.json"], "\"a\": ["),
        ("csv-summary", ["path": "people.csv"], "age missing 1 from 36.0 to 36.0"),
        ("count-rows", ["paths": ["people.csv"]], "3"),
        ("compare-files", ["left": "LICENSE", "right": "LICENSE"], "[no output]"),
        ("yaml-keys", ["paths": ["ci.yml"]], "ci.yml:1:jobs:"), ("disk-usage", [:], "."),
        ("disk-free", [:], "%"),
        ("process-list", [:], "PID"), ("log-tail", ["path": "app.log"], "two error"),
        ("log-search", ["text": "error", "path": "app.log"], "2:two error"), ("machine-facts", [:], ""),
        ("dns-lookup", ["host": "localhost"], "localhost"), ("deploy", [:], "deployed"),
        ("git-commit", ["message": "Greet you\n\nBecause."], "[no output]"),
    ]

    @Test("each runs in a fresh repository and answers")
    func run() throws {
        let ground = try SkillGround()
        for (id, arguments, says) in Self.calls {
            let skill = try #require(Self.shelf[id])
            let program = try #require(skill.handler?.command.first)
            guard Executables.find(program) != nil else { continue }
            let answer = try ground.call(skill, arguments)
            #expect(answer.succeeded && answer.text.contains(says), "\(id): \(answer.text)")
        }
        let tools = Set(Self.calls.map(\.id))
        #expect(tools.count >= 45)
    }

    @Test("every other program takes arguments that its parameters allow")
    func prepared() throws {
        let tried = Set(Self.calls.map(\.id))
        for skill in Self.shelf.sorted.map(\.skill) where skill.handler != nil && !tried.contains(skill.id) {
            var arguments = JSONObject()
            for property in skill.parameters?.properties ?? [] where property.isRequired {
                switch property.schema.kind {
                case .list: arguments[property.name] = ["a"]
                case .whole: arguments[property.name] = 1
                default: arguments[property.name] = "a"
                }
            }
            let call = try SkillCall(skill, arguments: .object(arguments), isApproved: true)
            #expect(!call.arguments.joined(separator: " ").contains("{{") || skill.id == "container-list")
        }
    }

    @Test("what finds something wrong says so and does not succeed")
    func failures() throws {
        let ground = try SkillGround()
        func skill(_ id: SkillID) throws -> Skill { try #require(Self.shelf[id]) }
        #expect(try ground.call(skill("whitespace-check"), [:]).text.contains("trailing whitespace"))
        try ground.write("echo 'open\n", "bad.sh")
        #expect(try !ground.call(skill("lint-shell"), ["path": "bad.sh"]).succeeded)
        try ground.write("{", "bad.json")
        let answer = try ground.call(skill("json-format"), ["path": "bad.json"])
        #expect(!answer.succeeded && answer.text.contains("[`python3` ended with status 1]"))
    }

    @Test("a program that hangs is ended, one that floods is cut, one that is missing is told")
    func limits() throws {
        let ground = try SkillGround()
        func skill(_ command: [String], seconds: Int = 20) -> Skill {
            Skill(id: "x", handler: SkillProgram(command: command, timeout: .seconds(seconds)))
        }
        let slow = try ground.call(skill(["tail", "-f", "/dev/null"], seconds: 1), [:])
        #expect(!slow.succeeded && slow.text.hasSuffix("[`tail` was ended: it took longer than 1 s]"))
        let flood = try ground.call(skill(["head", "-c", "1000000", "/dev/zero"]), [:])
        #expect(flood.text.utf8.count < 2 * SkillCall.outputBytesMax)
        #expect(flood.text.hasPrefix("[967232 bytes before this were left out]"))
        #expect(
            try ground.call(skill(["no-such-program-anywhere"]), [:]).text
                == "[there is no program `no-such-program-anywhere` here]")
    }

    @Test("one that asks does not run until a person agreed to it as it is")
    func confirmation() throws {
        let skill = try #require(Self.shelf["deploy"])
        #expect(throws: SkillCallError.needsPerson("deploy")) {
            try SkillCall(skill, arguments: [:], isApproved: false)
        }
        let folder = try Files.temporaryFolder(prefix: "coord-skills-")
        defer { try? Files.removeTree(folder) }  // The system clears what stays behind.
        var approvals = try Approvals(stateFolder: folder)
        #expect(!approvals.allows(skill))
        try approvals.set("skill:deploy", skill.contentHash)
        #expect(try Approvals(stateFolder: folder).allows(skill))
        var swapped = skill
        swapped.contentHash = ContentHash.hexadecimal([1])
        #expect(try !Approvals(stateFolder: folder).allows(swapped), "another content asks again")
        try approvals.set("skill:deploy", nil)
        #expect(try !Approvals(stateFolder: folder).allows(skill))
    }

    @Test("the skills of an attempt come through their file as they were")
    func given() throws {
        let entries = Self.shelf.sorted.map {
            GivenSkills.Entry(skill: $0.skill, isApproved: $0.skill.id == "deploy")
        }
        #expect(try GivenSkills.decoded(GivenSkills.encoded(entries)) == entries)
    }

    @Test("a new skill file changes the tools and the text of those it is chosen for, and of no others")
    func newSkill() throws {
        let ground = try SkillGround()
        let catalog = Catalog(
            locations: CatalogLocations(
                project: ground.folder, userFolder: nil,
                shipped: Files.parent(Files.parent(Files.parent(#filePath)))))
        func offered(_ text: String) -> (tools: [String], prompt: String) {
            let skills = catalog.skillShelf().sorted.map(\.skill)
            let chosen = SkillSelection(SkillIndex(skills)).choose(SkillRequest(text: text)).skills
            let picked = chosen.compactMap { item in skills.first { $0.id == item.id } }
            return (
                SkillTools.descriptions(picked).compactMap { $0["name"]?.stringValue },
                SkillTools.prompt(picked)
            )
        }
        let task = "Print the invoice of a customer as a PDF"
        #expect(!offered(task).tools.contains("print-invoice"))
        let other = offered("Who wrote this line?")
        try ground.write(
            """
            { "id": "print-invoice", "description": "Prints the invoice of a customer.",
              "triggerExamples": ["Print an invoice", "Invoice as PDF", "Send the bill", "Bill a customer", "Invoices"],
              "parameters": { "type": "object", "properties": { "customer": { "type": "string" } } },
              "handler": { "command": ["echo", "--", "{{customer}}"] } }
            """, ".coord/skills/shop/print-invoice.skill.json")
        #expect(offered(task).tools.first == "print-invoice")
        #expect(
            offered(task).prompt.contains("- `print-invoice` (customer?): Prints the invoice of a customer."))
        #expect(offered("Who wrote this line?") == other)
    }
}
