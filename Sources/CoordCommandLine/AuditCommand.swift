import CoordCore
import CoordGit
import CoordJSON
import CoordModel
import CoordRuntime
import CoordStore

/// `coord audit`: whether the target holds what the journal says a run landed, and nothing else of it.
enum AuditCommand {
    static func run(_ context: CommandContext) throws(CommandFailure) -> ExitStatus {
        let reading = try reading(context)
        let record = reading.record
        let facts = try facts(of: reading)
        let chain: [ChainCommit]
        do throws(GitError) {
            let git = try GitTool.locate()
            let project = try Project.inspect(record.project, git: git)
            chain = try project.chain(of: record.target, after: start(of: facts), git: git)
        } catch { throw CommandFailure(error) }
        let audit = LandingAudit(run: record.id, facts: facts, start: start(of: facts), chain: chain)
        if context.wantsJSON {
            context.answer(document(audit, record))
        } else {
            write(audit, record, context)
        }
        return audit.findings.isEmpty ? .done : .tasksFailed
    }

    private static func reading(_ context: CommandContext) throws(CommandFailure) -> RunReading {
        guard let name = context.arguments.first else { return try context.runReading() }
        let state = try context.journalProject()
        let store = try context.openJournal(state, .readOnly)
        return RunReading(
            state: state, store: store, record: try context.find(name, in: store),
            isAlive: context.surroundings.isAlive)
    }

    private static func facts(of reading: RunReading) throws(CommandFailure) -> [Fact] {
        var facts: [Fact] = []
        var after: Int64 = 0
        while true {
            let stored = try reading.read { () throws(StoreError) in
                try reading.store.facts(reading.record.id, after: after, limit: 10_000)
            }
            guard let last = stored.last else { return facts }
            after = last.sequence
            // A fact that only a newer coord knows says nothing that is asked for here.
            facts += stored.compactMap { try? $0.fact() }
        }
    }

    private static func start(of facts: [Fact]) -> ObjectID? {
        guard case .runStarted(let start)? = facts.first?.body else { return nil }
        return start.head
    }

    // MARK: - Answers

    private static func document(_ audit: LandingAudit, _ record: RunRecord) -> JSONValue {
        [
            "schema": "coord.audit/1", "run": .name(record.id), "target": .string(record.target),
            "landings": .count(audit.landings),
            "findings": .array(
                audit.findings.map {
                    [
                        "commit": .optional($0.commit?.rawValue), "task": .name($0.task),
                        "what": .string($0.what), "hint": .string($0.hint),
                    ]
                }),
            "foreign": .array(
                audit.foreign.map {
                    ["commit": .string($0.commit.rawValue), "subject": .string($0.subject)]
                }),
        ]
    }

    private static func write(_ audit: LandingAudit, _ record: RunRecord, _ context: CommandContext) {
        let output = context.output
        for finding in audit.findings {
            let commit = finding.commit?.short ?? "–"
            output.line(context.style.red(commit) + "  " + TerminalText.escaped(finding.what))
            output.line("    " + TerminalText.escaped(finding.hint))
        }
        for commit in audit.foreign.prefix(10) {
            let owner = commit.run.isEmpty ? "not coord's" : "of run \(commit.run)"
            output.line(TerminalText.escaped("\(commit.commit.short)  \(owner): \(commit.subject)"))
        }
        if audit.foreign.count > 10 {
            output.line("and \(audit.foreign.count - 10) more that are not the run's")
        }
        let landings = Wording.plural(audit.landings, "landing")
        let findings =
            audit.findings.isEmpty ? "no findings" : Wording.plural(audit.findings.count, "finding")
        output.line(TerminalText.escaped("run \(record.id) on \(record.target): \(landings), \(findings)"))
    }
}
