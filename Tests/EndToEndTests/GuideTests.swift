import CoordProcess
import CoordSystem
import Testing

/// The guide for people who write their own roles and missions does what it says.
@Suite("The guide to writing your own")
struct GuideTests {
    private static let page = Files.parent(Files.parent(Files.parent(#filePath))) + "/docs/write-your-own.md"

    @Test("each file is as the guide shows it, each command answers as the guide says")
    func followed() throws {
        let stand = try Stand()
        var commands = 0
        for step in Guide.steps(try Files.readText(Self.page)) {
            switch step {
            case .file(let name, let text): try stand.write(stand.project + "/" + name, text)
            case .command(let line, let wanted):
                commands += 1
                let found = try run(line, stand)
                let problem = Guide.difference(wanted: wanted, found: found)
                #expect(problem == nil, "`\(line)`: \(problem ?? "")\nfound:\n\(found)")
            }
        }
        #expect(commands >= 8)
        // The new role changed who got what.
        #expect(try stand.git("log", "--format=%(trailers:key=Coord-Worker,valueonly)").contains("poet-1"))
    }

    /// What the command says, on both outputs, as a person sees it in a terminal.
    private func run(_ line: String, _ stand: Stand) throws -> String {
        let result = try CommandRunner.run(
            CommandRequest(
                executable: "/bin/sh",
                arguments: ["-c", "coord() { '\(Stand.program("coord"))' \"$@\"; }; \(line) 2>&1"],
                environment: stand.environment, workingFolder: stand.project, timeout: .seconds(120),
                endsLeftovers: false))
        return result.outputText
    }

    @Test("the guide's own parser tells files, commands and outputs apart, and sees a difference")
    func parser() {
        let text = """
            `a/b.txt`:

            ```text
            one
            ```

            ```console
            $ cat a/b.txt
            one
            …
            $ true
            ```
            """
        #expect(
            Guide.steps(text) == [
                .file("a/b.txt", "one\n"), .command("cat a/b.txt", ["one", "…"]), .command("true", []),
            ])
        #expect(Guide.difference(wanted: ["a", "…", "d in …"], found: "a\nb\nc\nd in 3 s\n") == nil)
        #expect(Guide.difference(wanted: ["a", "…"], found: "a\n") == nil)
        #expect(Guide.difference(wanted: ["a"], found: "a\nb\n") != nil)
        #expect(Guide.difference(wanted: ["a", "b"], found: "a\n") != nil)
        #expect(Guide.difference(wanted: ["…", "z"], found: "a\n") != nil)
    }
}

/// A page of files and commands.
enum Guide {
    enum Step: Equatable {
        /// A line with nothing but the name in back-ticks and a colon, and the fenced block after it.
        case file(String, String)
        /// A line with `$ ` of a block of the kind `console`, and the lines up to the next.
        case command(String, [String])
    }

    static func steps(_ text: String) -> [Step] {
        var steps: [Step] = []
        var name: String?
        var block: (kind: String, lines: [String])?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("```") {
                guard let open = block else {
                    block = (String(line.dropFirst(3)), [])
                    continue
                }
                if open.kind == "console" {
                    steps += commands(open.lines)
                } else if let name {
                    steps.append(.file(name, open.lines.map { $0 + "\n" }.joined()))
                }
                (block, name) = (nil, nil)
            } else if block != nil {
                block?.lines.append(line)
            } else if line.hasPrefix("`"), line.hasSuffix("`:"), !line.contains(" ") {
                name = String(line.dropFirst().dropLast(2))
            } else if !line.isEmpty {
                name = nil
            }
        }
        return steps
    }

    private static func commands(_ lines: [String]) -> [Step] {
        var steps: [Step] = []
        for line in lines {
            if line.hasPrefix("$ ") {
                steps.append(.command(String(line.dropFirst(2)), []))
            } else if case .command(let command, let wanted)? = steps.popLast() {
                steps.append(.command(command, wanted + [line]))
            }
        }
        return steps
    }

    /// What differs; nil: nothing. A line `…` stands for any lines, one that ends with it for any end.
    static func difference(wanted: [String], found: String) -> String? {
        var lines = found.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last == "" { lines.removeLast() }
        var position = 0
        var maySkip = false
        for line in wanted {
            if line == "…" {
                maySkip = true
                continue
            }
            func fits(_ other: String) -> Bool {
                line.hasSuffix("…") ? other.hasPrefix(String(line.dropLast())) : other == line
            }
            if maySkip {
                guard let next = lines[position...].firstIndex(where: fits) else {
                    return "no line `\(line)`"
                }
                position = next
            }
            guard position < lines.count, fits(lines[position]) else { return "no line `\(line)` there" }
            position += 1
            maySkip = false
        }
        return maySkip || position == lines.count ? nil : "more than that: `\(lines[position])`"
    }
}
