import CoordModel
import Testing

@testable import CoordCatalog

@Suite("Role files")
struct RoleTests {
    private func read(_ text: String, sidecar: String? = nil) throws -> (
        role: Role?, diagnostics: [Diagnostic]
    ) {
        let scratch = try Scratch(["code-reviewer.md": text])
        if let sidecar { try scratch.write(sidecar, to: "code-reviewer.json") }
        var (role, diagnostics) = RoleReader.read(scratch.path("code-reviewer.md"), id: "code-reviewer")
        #expect(role.map { $0.origin == scratch.path("code-reviewer.md") } ?? true)
        role?.origin = ""
        return (role, diagnostics)
    }

    @Test("every key is read")
    func everyKey() throws {
        let (role, diagnostics) = try read(
            """
            ---
            name: Reviewer
            description: >
              Reads what others
              wrote.
            model: sonnet
            maxModel: opus
            tools: [Read, Grep]
            kind: coordination
            capabilities:
              - reads-tests
              - runs-tests
            owns: ["docs/**", '*.md']
            skills: [lint]
            aliases: [critic]
            examples: [a, b, c, d, e]
            ---

            # Reviewer

            You read.
            """)
        #expect(diagnostics == [])
        #expect(
            role
                == Role(
                    id: "code-reviewer", name: "Reviewer", description: "Reads what others wrote.\n",
                    kind: .coordination, model: "sonnet", maxModel: "opus", tools: ["Read", "Grep"],
                    capabilities: [.readsTests, .runsTests], owns: ["docs/**", "*.md"], skills: ["lint"],
                    aliases: ["critic"], examples: ["a", "b", "c", "d", "e"],
                    prose: "# Reviewer\n\nYou read.\n"))
    }

    @Test("a file of another tool is taken as it is")
    func foreign() throws {
        let (role, diagnostics) = try read(
            """
            ---
            name: quality-guard
            description: Use this agent when code was written
            tools: Read, Grep,Glob , Bash
            model: inherit
            color: cyan
            permissionMode: plan
            mcpServers:
              - slack
            maxTurns:
            hooks: {}
            ---
            You look at code.
            """)
        #expect(diagnostics == [])
        #expect(role?.tools == ["Read", "Grep", "Glob", "Bash"])
        #expect(role?.model == nil)
        #expect(role?.kind == .code)
        // Other tools know the agent by this name, so coord answers to it too.
        #expect(role?.aliases == ["quality-guard"])
        #expect(role?.capabilities == RoleReader.usualCapabilities(.code))
    }

    @Test("a file without front matter is a role: named by its file, described by its first paragraph")
    func plain() throws {
        let (role, diagnostics) = try read(
            "# The reviewer\r\n\r\nReads what\r\nothers wrote.\r\n\r\nThen says so.\r\n")
        #expect(diagnostics == [])
        #expect(
            role
                == Role(
                    id: "code-reviewer", description: "Reads what others wrote.",
                    capabilities: RoleReader.usualCapabilities(.code),
                    prose: "# The reviewer\n\nReads what\nothers wrote.\n\nThen says so.\n"))
    }

    @Test("a JSON file beside a file without front matter says what front matter would")
    func sidecar() throws {
        let (role, diagnostics) = try read(
            "You read.\n",
            sidecar: #"{ "kind": "coordination", "capabilities": ["reads-docs"], "version": "2" }"#)
        #expect(diagnostics == [])
        #expect(role?.kind == .coordination)
        #expect(role?.capabilities == [.readsDocs])
        let (broken, problems) = try read("You read.\n", sidecar: #"{ "kind": 7 }"#)
        #expect(broken == nil)
        #expect(problems.first?.file.hasSuffix("/code-reviewer.json") ?? false)
        #expect(problems.first?.position == SourcePosition(line: 1, column: 11))
    }

    @Test("a value that holds a colon is read as other tools read it")
    func colon() throws {
        let (role, diagnostics) = try read(
            "---\r\nname: guard\r\ndescription: Use it so: \"call\" it, don't wait\r\n---\r\nYou read.\r\n")
        #expect(role?.description == "Use it so: \"call\" it, don't wait")
        #expect(diagnostics.map(\.severity) == [.warning])
    }

    @Test("a single role file is checked by its name too")
    func check() throws {
        let scratch = try Scratch([
            "ui-dev.md": "You draw.\n", "Ui Dev.md": "You draw.\n", "_common.md": "# All\n",
            "bad.md": "---\nkind: x\n---\n",
        ])
        #expect(RoleFile.check(scratch.path("ui-dev.md")) == [])
        #expect(RoleFile.check(scratch.path("_common.md")) == [])
        #expect(
            RoleFile.check(scratch.path("Ui Dev.md")).map(\.message)
                == ["`Ui Dev` is no name of a role; the file is left out"])
        #expect(RoleFile.check(scratch.path("bad.md")).map(\.severity) == [.warning, .error])
        #expect(RoleFile.check(scratch.path("none.md")).map(\.message) == ["There is no such role file"])
    }

    @Test("empty front matter, and front matter that only looks like some")
    func edges() throws {
        #expect(try read("---\n---\nYou read.\n").role?.prose == "You read.\n")
        #expect(try read("--- \n# nothing\n...\nYou read.\n").role?.prose == "You read.\n")
        #expect(try read("----\nYou read.\n----\n").role?.prose == "----\nYou read.\n----\n")
        #expect(try read(" ---\nYou read.\n").role?.prose == " ---\nYou read.\n")
    }
}

@Suite("YAML")
struct YAMLTests {
    private func value(_ text: String) throws -> LocatedValue.Content {
        guard
            case .object(let members) = try YAMLDocument.parse(Array("v: \(text)\n".utf8), file: "f").content,
            let member = members.first
        else { return .null }
        return member.value.content
    }

    @Test(
        "plain words follow the core schema of YAML 1.2",
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("true", .bool(true)), ("False", .bool(false)),
            ("yes", .string("yes")), ("no", .string("no")), ("on", .string("on")), ("NO", .string("NO")),
            ("7", .integer(7)), ("-7", .integer(-7)), ("+7", .integer(7)), ("1.5", .number(1.5)),
            ("1e3", .number(1000)), (".5", .number(0.5)), ("1.2.3", .string("1.2.3")),
            ("1_000", .string("1_000")),
            ("0x1f", .string("0x1f")), ("12:30", .string("12:30")), ("1,5", .string("1,5")), ("-", .list([])),
            ("- -", .string("- -")), ("e5", .string("e5")), (".", .string(".")), ("+", .string("+")),
            ("99999999999999999999", .number(1e20)), ("infinity", .string("infinity")),
            (".inf", .string(".inf")),
            ("'7'", .string("7")), ("\"true\"", .string("true")), ("!!str 7", .string("7")),
            ("\"\\u00e9\\n\"", .string("é\n")), ("plain words, and # none", .string("plain words, and")),
        ] as [(String, LocatedValue.Content)])
    func scalars(_ text: String, _ content: LocatedValue.Content) throws {
        // A dash alone starts a list and cannot stand behind a key; libyaml refuses both rows.
        if text.hasPrefix("-"), text != "-7" {
            #expect(throws: Diagnostic.self) { try value(text) }
        } else {
            #expect(try value(text) == content)
        }
    }

    @Test("every value and key knows its line and column in the file")
    func positions() throws {
        let root = try YAMLDocument.parse(Array("ä: ö\nlist:\n  - {a: 1}\n".utf8), file: "f", firstLine: 10)
        guard case .object(let members) = root.content, case .list(let items) = members[1].value.content,
            case .object(let inner) = items[0].content
        else {
            Issue.record("was read as \(root)")
            return
        }
        #expect(members[0].value.position == SourcePosition(line: 10, column: 4))
        #expect(members[1].position == SourcePosition(line: 11, column: 1))
        #expect(inner[0].value.position == SourcePosition(line: 12, column: 9))
    }

    @Test("an alias is a copy; text folded and kept")
    func aliases() throws {
        #expect(
            try value("[&a [x, 1], *a]")
                == .list([try located("[x, 1]", 5), try located("[x, 1]", 5)].map { $0 }))
        #expect(try value("|\n  a\n   b\n") == .string("a\n b\n"))
        #expect(try value(">-\n  a\n  b\n") == .string("a b"))
    }

    private func located(_ text: String, _ column: Int) throws -> LocatedValue {
        let position = { SourcePosition(line: 1, column: $0) }
        return LocatedValue(
            .list([LocatedValue(.string("x"), at: position(9)), LocatedValue(.integer(1), at: position(12))]),
            at: position(column))
    }

    @Test("no text crashes or hangs the reader, whatever is cut or changed in it")
    func fuzz() throws {
        let seed = Array("a: &x [1, 'two', \"three\\n\"]\nb: *x\nc: |\n  text\n? d\n: {e: !!str f}\n".utf8)
        var state: UInt64 = 9
        func chance(_ limit: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % limit
        }
        var readable = 0
        for _ in 0..<3000 {
            var bytes = seed
            for _ in 0...chance(4) {
                switch chance(3) {
                case 0: bytes[chance(bytes.count)] = UInt8(chance(128))
                case 1: bytes.remove(at: chance(bytes.count))
                default: bytes.insert(seed[chance(seed.count)], at: chance(bytes.count))
                }
            }
            do throws(Diagnostic) {
                _ = try YAMLDocument.parse(bytes, file: "f")
                readable += 1
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
        #expect(readable > 100)
    }
}
