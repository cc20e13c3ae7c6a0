import CoordGit
import CoordJSON
import CoordModel
import CoordRuntime
import CoordSystem

/// `coord rescue`: the work that was kept when attempts ended unfinished.
enum RescueCommand {
    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = try shelf(context)
        var items = try read { () throws(GitError) in try shelf.items() }
        if let run = context.arguments.value("run") {
            items = items.filter { $0.run.rawValue.hasPrefix(run) }
        }
        if context.wantsJSON {
            context.answer(["schema": "coord.rescues/1", "rescues": .array(items.map(json))])
            return .done
        }
        guard !items.isEmpty else {
            context.diagnostics.note("nothing was kept: no attempt ended with unfinished work")
            return .done
        }
        var table = TextTable([
            .left("TASK"), .right("ATTEMPT"), .right("KEPT"), .left("COMMIT"), .flexible("REF"),
        ])
        for item in items {
            let age = item.keptAt.map { Wording.duration(max(.zero, context.now - $0)) + " ago" }
            table.append([
                .init(item.lease.task.rawValue), .init("\(item.lease.attempt)"), .init(age ?? "damaged"),
                .init(item.commit.short), .init(item.name),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
        return .done
    }

    static func show(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = try shelf(context)
        let item = try find(context.arguments.words[0], on: shelf)
        if context.arguments.has("patch"), !context.wantsJSON {
            let patch = try read { () throws(GitError) in try shelf.patch(of: item) }
            if context.surroundings.outputIsTerminal {
                let text = String(decoding: patch, as: UTF8.self)
                context.output.write(TerminalText.escaped(text, keepsLines: true))
            } else {
                context.output.write(patch)
            }
            return .done
        }
        let files = try read { () throws(GitError) in try shelf.files(of: item) }
        if context.wantsJSON {
            guard case .object(var members) = json(item) else { preconditionFailure("a rescue is an object") }
            members["files"] = .array(files.map { .string($0) })
            context.answer(["schema": "coord.rescue/1", "rescue": .object(members)])
            return .done
        }
        let style = context.style
        func line(_ name: String, _ value: String) {
            let name = style.dim(TerminalText.padded(name, to: 10))
            context.output.line(name + TerminalText.escaped(value))
        }
        line("task", "\(item.lease.task), attempt \(item.lease.attempt)")
        line("run", item.run.rawValue)
        line("commit", item.commit.rawValue)
        if let time = item.keptAt {
            line("kept", "\(time), \(Wording.duration(max(.zero, context.now - time))) ago")
        }
        line("files", files.isEmpty ? "none" : files[0])
        for file in files.dropFirst() { line("", file) }
        line("restore", "coord rescue restore \(item.name)")
        return .done
    }

    static func restore(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = try shelf(context)
        let item = try find(context.arguments.words[0], on: shelf)
        if let file = context.arguments.value("output").map(context.path) {
            guard context.arguments.value("branch") == nil else {
                throw CommandFailure(.wrongInput, "`--output` and `--branch` exclude each other")
            }
            let patch = try read { () throws(GitError) in try shelf.patch(of: item) }
            do throws(SystemError) {
                try Files.writeAtomically(patch, to: file, permissions: 0o644, step: .report)
            } catch { throw CommandFailure(error) }
            context.diagnostics.note("wrote \(file); `git apply` takes it")
            return .done
        }
        let plain = "rescue/\(item.lease.task)-\(item.lease.attempt)"
        let branch = context.arguments.value("branch") ?? plain
        guard try read({ () throws(GitError) in try shelf.restore(item, as: branch) }) else {
            throw CommandFailure(
                .conflict, "the project has a branch `\(branch)` already",
                hint: "give the work another name: `coord rescue restore \(item.name) --branch NAME`")
        }
        if context.wantsJSON {
            context.answer([
                "schema": "coord.rescue-restored/1", "branch": .string(branch),
                "commit": .string(item.commit.rawValue), "ref": .string(item.name),
            ])
        } else {
            context.output.line(TerminalText.escaped(branch))
            context.diagnostics.note(
                "the branch holds attempt \(item.lease.attempt) of `\(item.lease.task)`; your checkout is as it was."
                    + " `git diff HEAD...\(branch)` shows the work, `git merge \(branch)` takes it")
        }
        return .done
    }

    static func drop(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let shelf = try shelf(context)
        var items: [RescueShelf.Item] = []
        // All are looked up before any is dropped.
        for name in context.arguments.words { items.append(try find(name, on: shelf)) }
        for item in items {
            try read { () throws(GitError) in try shelf.drop(item) }
            context.diagnostics.note("dropped \(item.name), commit \(item.commit)")
        }
        return .done
    }

    // MARK: - Finding

    private static func shelf(_ context: CommandContext) throws(CommandFailure) -> RescueShelf {
        let state = try context.journalProject()
        return try read { () throws(GitError) in
            let git = try GitTool.locate()
            return RescueShelf(
                git: git, project: try Project.inspect(state.project, git: git), hub: state.hub,
                stateFolder: state.root)
        }
    }

    /// The work of that name: a whole reference, `RUN/TASK/ATTEMPT`, `TASK/ATTEMPT` or `TASK`. Of several the
    /// newest is meant.
    private static func find(_ name: String, on shelf: RescueShelf) throws(CommandFailure) -> RescueShelf.Item
    {
        let items = try read { () throws(GitError) in try shelf.items() }
        let found = items.first { item in
            let parts = item.name.split(separator: "/", maxSplits: 1)
            return [item.reference, item.name, String(parts.last ?? ""), item.lease.task.rawValue].contains(
                name)
        }
        if let found { return found }
        let names = items.flatMap { [$0.name, $0.lease.task.rawValue] }
        throw CommandFailure(
            .wrongInput, "nothing was kept under `\(name)`",
            hint: Suggestion.nearest(to: name, among: names).map { "did you mean `\($0)`?" }
                ?? "`coord rescue list` shows what was kept")
    }

    private static func json(_ item: RescueShelf.Item) -> JSONValue {
        [
            "ref": .string(item.name), "reference": .string(item.reference), "run": .name(item.run),
            "task": .name(item.lease.task), "attempt": .count(item.lease.attempt),
            "commit": .string(item.commit.rawValue), "keptAt": .time(item.keptAt),
        ]
    }

    private static func read<Value>(_ body: () throws(GitError) -> Value) throws(CommandFailure) -> Value {
        do { return try body() } catch { throw CommandFailure(error) }
    }
}
