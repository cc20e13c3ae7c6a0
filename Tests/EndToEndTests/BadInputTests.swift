import CoordJSON
import CoordSystem
import Testing

@Suite("Bad input")
struct BadInputTests {
    @Test("One clear error, the right exit status, an untouched project", arguments: BadInput.all)
    func refuses(_ row: BadInput) throws {
        let stand = try Stand()
        let mission = try stand.mission(
            "\"merge\": { \"gate\": [\"true\"] }, \"tasks\": [ { \"id\": \"a\", \"prompt\": \"x\" } ]")
        if !row.prepare.isEmpty {
            let prepared = try CommandLineTool.run(
                "set -e; ROOT='\(stand.root)'; cd '\(stand.project)'\n" + row.prepare, stand.environment)
            try #require(prepared.status == 0, "\(prepared)")
        }
        func filled(_ text: String) -> String {
            text.replacing("ROOT", with: stand.root).replacing("PROJECT", with: stand.project)
                .replacing("MISSION", with: mission)
        }
        let before = try listing(stand)
        let answer: Answer
        if let script = row.shell {
            var environment = stand.environment
            environment["COORD"] = Stand.program("coord")
            environment["MISSION"] = mission
            answer = try CommandLineTool.run("cd '\(stand.project)'; " + script, environment)
        } else {
            answer = try stand.coord(
                row.words.map(filled), in: stand.root + "/" + row.folder,
                with: row.environment.mapValues(filled))
        }
        #expect(answer.status == row.status, "\(answer)")
        #expect(answer.output.isEmpty, "\(answer)")
        let lines = answer.speech.lines
        #expect(lines.first?.hasPrefix("error: ") == true, "\(answer)")
        let place = lines.dropFirst().first { $0.hasPrefix("  at ") } ?? ""
        #expect(
            row.says.isEmpty || (lines.first ?? "").contains(row.says) || place.contains(row.says),
            "\(answer)")
        #expect(lines.count { $0.hasPrefix("error: ") } == 1, "\(answer)")
        #expect(
            row.hint.isEmpty || lines.contains { $0.hasPrefix("hint: ") && $0.contains(row.hint) },
            "\(answer)")
        #expect(try listing(stand) == before)
    }

    /// Every file of the project but what lies in coord's own folders, with refs and configuration.
    private func listing(_ stand: Stand) throws -> String {
        let script = """
            cd '\(stand.project)'
            find . \\( -path ./.coord/state -o -path ./worktrees \\) -prune -o -type f -print |
                grep -v '^./.git/index$' | sort
            cat .git/config; cat .git/HEAD 2>&1; git for-each-ref 2>&1; git worktree list 2>&1; exit 0
            """
        return try CommandLineTool.run(script, stand.environment).output
    }

    @Test("A reader that goes away is a quiet success")
    func readerGone() throws {
        let stand = try Stand()
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"run\": \"echo x > a\" } ]")
        #expect(try stand.coord("run", mission).status == 0)
        var environment = stand.environment
        environment["COORD"] = Stand.program("coord")
        let script = """
            cd '\(stand.project)'
            { "$COORD" events --json; echo "$?" > '\(stand.root)/status'; } | head -1
            """
        let answer = try CommandLineTool.run(script, environment)
        #expect(answer.output.lines.count == 1 && answer.speech.isEmpty, "\(answer)")
        #expect(try stand.read("status") == "0\n")
    }

    @Test("Without an open output reading fails plainly, and a full disk is told")
    func outputClosed() throws {
        let stand = try Stand()
        let mission = try stand.mission("\"tasks\": [ { \"id\": \"a\", \"run\": \"echo x > a\" } ]")
        var environment = stand.environment
        environment["COORD"] = Stand.program("coord")
        // Everything works with standard output closed: no file of the run may get its number.
        let closed = try CommandLineTool.run(
            "cd '\(stand.project)'; \"$COORD\" run '\(mission)' >&-; echo $?", environment)
        #expect(["0\n", "6\n"].contains(closed.output), "\(closed)")
        #expect(try stand.chain().count == 1)
        #expect(try stand.coord("status", "--json").status == 0)
        guard Files.kind("/dev/full") != nil else { return }
        let full = try CommandLineTool.run(
            "cd '\(stand.project)'; \"$COORD\" status > /dev/full; echo $?", environment)
        #expect(full.output == "6\n" && full.speech.hasPrefix("error: "), "\(full)")
    }
}
