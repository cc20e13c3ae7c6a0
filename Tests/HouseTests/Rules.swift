/// The rules of the rooms. Each takes text and answers with findings, so each can be shown to find something.
enum Rules {
    // MARK: imports

    /// The modules a file imports, with their lines.
    static func imports(of file: SwiftText) -> [(module: String, line: Int)] {
        let kinds: Set = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
        return file.code.enumerated().compactMap { index, line in
            var words = line.split(whereSeparator: { $0 == " " || $0 == ";" }).map(String.init)
            guard let start = words.firstIndex(of: "import") else { return nil }
            let isImport = words[..<start].allSatisfy {
                $0.hasPrefix("@") || ["package", "internal", "public", "private", "fileprivate"].contains($0)
            }
            words.removeFirst(start + 1)
            if let first = words.first, kinds.contains(first) { words.removeFirst() }
            guard isImport, let name = words.first?.split(separator: ".").first else { return nil }
            return (String(name), index)
        }
    }

    static func importsStayOnTheirFloor(_ file: SwiftText) -> [String] {
        guard let allowed = House.imports[file.target] else {
            return ["\(file.path): `\(file.target)` has no row in House.imports: say what it may import"]
        }
        return imports(of: file).compactMap { module, line in
            let reason = House.pureTargets.contains(file.target) && House.system.contains(module)
            if reason, House.systemWhenPure[file.path] == nil {
                return "\(file.place(line)): `import \(module)` is banned in \(file.target): it only computes"
            }
            guard !allowed.contains(module) else { return nil }
            let list = allowed.isEmpty ? "nothing" : allowed.joined(separator: ", ")
            return
                "\(file.place(line)): `import \(module)` is banned in \(file.target): it may import \(list)"
        }
    }

    static func importsNoFoundation(_ file: SwiftText) -> [String] {
        imports(of: file).filter { $0.module.hasPrefix("Foundation") || $0.module == "Dispatch" }.map {
            "\(file.place($0.line)): `import \($0.module)` is banned everywhere: "
                + "CoordSystem and CoordProcess have it"
        }
    }

    static func cModulesHaveTheirOwners(_ file: SwiftText) -> [String] {
        imports(of: file).compactMap { module, line in
            guard let owners = House.ownersOfC[module], !owners.contains(file.target) else { return nil }
            return "\(file.place(line)): `\(module)` is known by \(owners.joined(separator: " and ")) only"
        }
    }

    // MARK: words

    static func pureFloorsOnlyCompute(_ file: SwiftText) -> [String] {
        guard House.pureTargets.contains(file.target) else { return [] }
        return find(House.bannedWhenPure, in: file) { word, instead in
            "`\(word)` is banned in \(file.target): \(instead)"
        }
    }

    static func theMindHasOneOwner(_ file: SwiftText) -> [String] {
        guard !House.ownersOfTheMind.contains(file.target) else { return [] }
        return find([("CoordinatorStateMachine", "")], in: file) { word, _ in
            "`\(word)` is banned in \(file.target): only the loop of CoordRuntime holds one"
        }
    }

    static func errorsAreNotSilenced(_ file: SwiftText) -> [String] {
        var findings = find([("try!", "catch it, or throw it on")], in: file) { "`\($0)` is banned: \($1)" }
        for (index, line) in file.code.enumerated() {
            let next = index + 1 < file.code.count ? file.code[index + 1].trimmed : ""
            let opensCatch = line.holds(code: "catch") && line.trimmed.hasSuffix("{") && next.hasPrefix("}")
            if opensCatch && !file.hasComment[index] || line.holds(code: "catch {}") {
                findings.append(
                    "\(file.place(index)): an empty `catch` is banned: say what happens with the error")
            }
            if line.holds(code: "try?"), !isExplained(file, index) {
                findings.append(
                    "\(file.place(index)): `try?` needs a comment that says why ignorance is fine")
            }
        }
        return findings
    }

    /// Whether a comment stands on the line, or above the statement the line belongs to.
    private static func isExplained(_ file: SwiftText, _ index: Int) -> Bool {
        (max(0, index - 4)...index).contains { file.hasComment[$0] }
    }

    static func durableCallsNameTheirStep(_ file: SwiftText) -> [String] {
        guard House.roomsThatLast.contains(file.target) else { return [] }
        var findings = find(House.rawDurableCalls.map { ($0, "") }, in: file) { word, _ in
            "`\(word)` belongs to CoordSystem, where a fail point stands around it"
        }
        let calls = House.durableCalls.map { CodePiece($0) }
        for (index, line) in file.code.enumerated() where calls.contains(where: { $0.stands(in: line) }) {
            guard !call(from: index, in: file).holds(code: "step:") else { continue }
            findings.append("\(file.place(index)): say which durable step it is: `step: .name`")
        }
        return findings
    }

    /// The text from a line on until its brackets are closed, at most ten lines.
    private static func call(from index: Int, in file: SwiftText) -> String {
        var text = ""
        for line in file.code[index...].prefix(10) {
            text += line + "\n"
            let opened = text.utf8.count { $0 == UInt8(ascii: "(") }
            if opened <= text.utf8.count(where: { $0 == UInt8(ascii: ")") }) { break }
        }
        return text
    }

    static func testsDoNotSleep(_ file: SwiftText) -> [String] {
        let words = ["Task.sleep", "usleep(", "nanosleep(", "Thread.sleep", "sleep("].map { ($0, "") }
        return Array(
            find(words, in: file) { word, _ in "`\(word)` is banned in tests: await an event, a line, an exit"
            }
            .prefix(1))
    }

    static func openWorkNamesItsIssue(_ file: SwiftText) -> [String] {
        file.lines.enumerated().compactMap { index, line in
            guard file.hasComment[index],
                let mark = ["TODO", "FIXME", "HACK", "XXX"].first(where: line.holds(code:)),
                !line.contains("issue ")
            else { return nil }
            return "\(file.place(index)): a `\(mark)` names its issue, as in `\(mark): issue 7`"
        }
    }

    private static func find(
        _ words: [(code: String, instead: String)], in file: SwiftText, message: (String, String) -> String
    ) -> [String] {
        let pieces = words.map { (code: CodePiece($0.code), instead: $0.instead) }
        return file.code.enumerated().flatMap { index, line in
            pieces.filter { $0.code.stands(in: line) }.map { word in
                let shown = word.code.text + (word.code.text.hasSuffix("(") ? ")" : "")
                return "\(file.place(index)): " + message(shown, word.instead)
            }
        }
    }
}
