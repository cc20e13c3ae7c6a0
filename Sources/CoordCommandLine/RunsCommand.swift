import CoordGit
import CoordJSON
import CoordModel
import CoordRuntime
import CoordStore
import CoordSystem

/// `coord runs`: the runs of a project.
enum RunsCommand {
    static func list(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let state = try context.journalProject()
        let store = try context.openJournal(state, .readOnly)
        let records = try CommandFailure.from { () throws(StoreError) in try store.runs() }
        let runs = records.map {
            RunReading(state: state, store: store, record: $0, isAlive: context.surroundings.isAlive)
        }
        if context.wantsJSON {
            var documents: [JSONValue] = []
            for run in runs { documents.append(try json(run, at: context.now)) }
            context.answer(["schema": "coord.runs/1", "runs": .array(documents)])
            return .done
        }
        guard !runs.isEmpty else {
            context.diagnostics.note("the project has no runs")
            return .done
        }
        var table = TextTable([
            .left("RUN"), .left("MISSION"), .left("STATUS"), .left("STARTED"), .right("TIME"),
            .right("LANDED"),
            .right("COST"), .flexible("WHY"),
        ])
        for run in runs {
            let record = run.record
            table.append([
                .init(record.id.rawValue), .init(record.mission.rawValue), .init(record.status.rawValue),
                .init(String(record.startedAt.description.prefix(16)).replacing("T", with: " ")),
                .init(Wording.duration(try run.elapsed(at: context.now))), .init("\(record.landed)"),
                .init(Wording.money(record.spent)), .init(record.reason),
            ])
        }
        context.output.write(table.text(columns: context.columns, style: context.style))
        return .done
    }

    private static func json(_ run: RunReading, at now: Timestamp) throws(CommandFailure) -> JSONValue {
        let record = run.record
        return [
            "id": .name(record.id), "mission": .name(record.mission), "name": .string(record.missionName),
            "status": .string(record.status.rawValue), "reason": .string(record.reason),
            "exitStatus": .count(record.exitStatus.map(Int.init)), "startedAt": .time(record.startedAt),
            "endedAt": .time(record.endedAt), "elapsedSeconds": .seconds(try run.elapsed(at: now)),
            "agent": .string(record.agent), "simulated": .bool(record.simulated),
            "detached": .bool(DetachedRun.isKnown(record.id)),
            "target": .string(record.target), "landed": .count(record.landed),
            "bounced": .count(record.bounced),
            "costUSD": .dollars(record.spent), "tokens": .tokens(record.tokens),
        ]
    }

    static func show(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let state = try context.journalProject()
        let store = try context.openJournal(state, .readOnly)
        var record = try CommandFailure.from { () throws(StoreError) in try store.latestRun() }
        if let name = context.arguments.first { record = try context.find(name, in: store) }
        guard let record else { throw ProjectLookup.noRun(in: state.project) }
        let reading = RunReading(
            state: state, store: store, record: record, isAlive: context.surroundings.isAlive)
        let document = try StatusDocument(reading, at: context.now)
        if context.wantsJSON {
            context.answer(document.json)
        } else {
            context.output.write(
                document.text(columns: context.columns, style: context.style, now: context.now))
        }
        return .done
    }

    static func remove(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let state = try context.journalProject()
        let store = try context.openJournal(state, .readWrite)
        var records: [RunRecord] = []
        // All are looked up before any is removed.
        for name in context.arguments.words {
            let record = try context.find(name, in: store)
            if !record.status.isFinal, context.surroundings.isAlive(record.process) {
                throw CommandFailure(
                    .conflict, "run `\(record.id)` is still going on (pid \(record.process.pid))",
                    hint: "end it with `coord stop` first")
            }
            records.append(record)
        }
        for record in records {
            // The journal last: a removal that was cut off is finished by asking for it again.
            try forget(record, state, store)
            try CommandFailure.fromSystem { () throws(SystemError) in
                try removeFiles(of: record.id, in: state)
            }
            try CommandFailure.from { () throws(StoreError) in try store.removeRun(record.id) }
            context.diagnostics.note("removed run `\(record.id)`")
        }
        return .done
    }

    /// Takes away what the hub has of the run. Its unlanded work is rescued.
    private static func forget(
        _ record: RunRecord, _ state: StateFolder, _ store: any Store
    ) throws(CommandFailure) {
        guard Files.kind(state.hub) != nil else { return }
        let tasks = try CommandFailure.from { () throws(StoreError) in try store.tasks(record.id, .all) }
        let landed = Set(tasks.filter { $0.stage == .landed }.map(\.spec.id))
        do throws(GitError) {
            let git = try GitTool.locate()
            let workspace = Workspace(
                git: git, project: try Project.inspect(state.project, git: git), target: record.target,
                run: record.id, hub: state.hub, worktrees: state.project + "/worktrees",
                stateFolder: state.root)
            try workspace.forget(record.id, hasLanded: landed.contains)
        } catch { throw CommandFailure(error) }
    }

    /// Work that was rescued lives in the hub and stays.
    private static func removeFiles(of run: RunID, in state: StateFolder) throws(SystemError) {
        for folder in ["transcripts", "attempts", "given", "handoffs"] {
            let path = state.root + "/\(folder)/\(run)"
            if Files.kind(path) != nil { try Files.removeTree(path, step: .runRemoval) }
        }
        let log = DetachedRun.folder.map { DetachedRun.log(of: run, in: $0) }
        for file in [state.report(run), RunOptions.file(run, in: state), log].compactMap({ $0 }) {
            let folder = Files.parent(file), name = Files.name(file)
            guard Files.isFolder(folder) else { continue }
            // And what a death in the middle of writing it left.
            for entry in try Files.list(folder)
            where entry == name || entry.hasPrefix(name + ".") && entry.hasSuffix(".new") {
                try Files.remove(folder + "/" + entry, step: .runRemoval)
            }
        }
    }
}
