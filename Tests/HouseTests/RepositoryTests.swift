import CoordJSON
import CoordSystem
import Testing

@Suite("The repository")
struct RepositoryTests {
    @Test("there is no package dependency, and every target is in the plan of the house")
    func manifest() {
        let code = SwiftText(path: "Package.swift", text: SourceTree.text("Package.swift"))
        #expect(code.code.contains { $0.holds(code: "dependencies: [],") })
        #expect(!code.code.contains { $0.holds(code: ".package(") })
        #expect(code.lines.contains { $0.contains("swiftLanguageModes: [.v6]") })
        let rooms = SourceTree.names(in: "Sources")
        for room in rooms
        where SourceTree.files(below: "Sources/" + room).contains(where: { $0.hasSuffix(".swift") }) {
            #expect(House.imports[room] != nil, "Sources/\(room) has no row in House.imports")
        }
        for room in House.imports.keys.sorted() {
            #expect(rooms.contains(room), "House.imports has a row for `\(room)`, which is no room")
        }
    }

    @Test("no path of a machine stands in a file")
    func machinePaths() {
        // A folder at the very top may be called as anything is, `/build` or `/src`.
        let own = [SourceTree.root, Environment.home].compactMap { $0 }.filter {
            $0.split(separator: "/").count > 1
        }
        let found = Self.everyFile.flatMap { path in
            Self.machinePaths(in: SourceTree.text(path), own: own).map { "\(path):\($0)" }
        }
        #expect(found == [])
        // Written in two pieces, so that this file keeps the rule.
        #expect(Self.machinePaths(in: "a\ncd /ro" + "ot/x", own: []) == [2])
        #expect(Self.machinePaths(in: "see homework/roots and net/work/x", own: []) == [])
    }

    @Test("the README shows the two commands, and continuous integration runs the second")
    func twoCommands() {
        let readme = SourceTree.text("README.md")
        #expect(readme.contains("./coord run missions/web-app.json"))
        #expect(readme.contains("./coord-test"))
        #expect(SourceTree.text(".ci/run").contains("./coord-test"))
        for script in ["coord", "coord-test", ".ci/run"] {
            #expect(Files.isExecutable(SourceTree.root + "/" + script), "`\(script)` must be executable")
        }
    }

    @Test("links between documents lead somewhere")
    func links() {
        let documents = Self.everyFile.filter { $0.hasSuffix(".md") && !$0.hasPrefix("missions/rehearsals/") }
        #expect(documents.contains("README.md"))
        let broken = documents.flatMap { path in
            let folder = path.split(separator: "/").dropLast().joined(separator: "/")
            return Self.linkTargets(in: SourceTree.text(path)).filter { target in
                !SourceTree.exists(Files.absolute(target, base: "/" + folder).dropFirst().description)
            }.map { "\(path): \($0)" }
        }
        #expect(broken == [])
        #expect(
            Self.linkTargets(in: "[a](b.md) `[x](y)` [c](https://d) [e](f/g.md#h)") == ["b.md", "f/g.md"])
    }

    @Test("the folder of worktrees holds nothing tracked but its own rule to ignore")
    func worktrees() {
        #expect(SourceTree.text("worktrees/.gitignore") == "*\n!.gitignore\n")
    }

    // MARK: - Looking

    /// What the repository tracks, as far as folders tell; what a build or a run leaves behind is not in it.
    static let everyFile: [String] = {
        let folders = ["Sources", "Tests", "missions", "roles", "skills", "docs", "bench", ".ci"]
        // In a linked worktree `.git` is a file, and a machine's.
        let tops = SourceTree.names(in: "").filter {
            $0 != ".git" && Files.kind(SourceTree.root + "/" + $0) == .file
        }
        return (tops + folders.flatMap(SourceTree.files(below:))).filter { !$0.hasSuffix(".db") }
    }()

    /// The lines that name a folder of somebody's machine.
    static func machinePaths(in text: String, own: [String]) -> [Int] {
        let folders = ["root", "work", "farm", "Users"].map { "/" + $0 + "/" } + own
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
            index, line in
            folders.contains { startsAPath($0, in: String(line)) } ? index + 1 : nil
        }
    }

    private static func startsAPath(_ folder: String, in line: String) -> Bool {
        guard line.contains(folder) else { return false }
        let bytes = Array(line.utf8)
        let wanted = Array(folder.utf8)
        return bytes.indices.contains { start in
            guard bytes[start...].starts(with: wanted) else { return false }
            let before = start == 0 ? UInt8(ascii: " ") : bytes[start - 1]
            return before < 0x80 && !Character(UnicodeScalar(before)).isLetter
                && !Character(UnicodeScalar(before)).isNumber
                && ![0x2E, 0x2D, 0x5F, 0x7D, 0x2A].contains(before)
        }
    }

    /// The targets of Markdown links that are files, without their anchors; code is left out.
    static func linkTargets(in text: String) -> [String] {
        var targets: [String] = []
        var isFenced = false
        for line in text.split(separator: "\n") {
            if line.hasPrefix("```") { isFenced.toggle() }
            if isFenced { continue }
            // Every second piece between back-ticks is code.
            let prose = line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { $0.offset.isMultiple(of: 2) }.map { String($0.element) }.joined()
            for piece in prose.components(after: "](") {
                let target = piece.prefix { $0 != ")" }.prefix { $0 != "#" }
                if !target.isEmpty, !target.contains(":") { targets.append(String(target)) }
            }
        }
        return targets
    }
}

extension String {
    /// What follows each place where the separator stands.
    fileprivate func components(after separator: String) -> [Substring] {
        var pieces: [Substring] = []
        var rest = self[...]
        while let start = rest.indices.first(where: { rest[$0...].hasPrefix(separator) }) {
            rest = rest[start...].dropFirst(separator.count)
            pieces.append(rest)
        }
        return pieces
    }
}
