import CoordCommandLine
import CoordCore
import CoordModel
import CoordRuntime
import CoordStore
import CoordSystem
import Testing

/// A project in a fresh folder, with a journal written as a coordinator writes it.
final class RunFixture {
    static let start = Timestamp("2026-11-20T18:44:24.512Z")!
    static let pid: Int32 = 4711
    static let commits = (1...9).map { ObjectID(String(repeating: "\($0)a", count: 20))! }
    static let tree = ObjectID(String(repeating: "0b", count: 20))!

    let folder: String
    let state: StateFolder
    /// Everything that was recorded.
    private(set) var facts: [Fact] = []
    private var projection = Projection()
    private var sequence: Int64 = 0
    private var run: RunID = "20261120184424-web-app-k3x9"

    init() throws {
        let made = try Files.temporaryFolder(prefix: "coord-cli-")
        folder = try Files.realPath(made)
        state = StateFolder(project: folder)
        try Files.makeFolder(folder + "/.git")
        try state.make()
    }

    deinit {
        // A folder that is left behind harms nobody.
        try? Files.removeTree(folder)
    }

    /// Records facts, each some milliseconds after the start of the run.
    func record(_ facts: [(milliseconds: Int64, body: Fact.Body)]) throws {
        let store = try SQLiteStore(path: state.database, mode: .readWrite)
        let facts = facts.map { Fact(time: Self.start + .milliseconds($0.milliseconds), body: $0.body) }
        for fact in facts { projection.apply(fact) }
        self.facts += facts
        let touched = projection.takeTouched()
        try store.append(
            StoreBatch(
                run: run, firstSequence: sequence + 1, facts: facts, record: touched.run,
                tasks: touched.tasks,
                workers: touched.workers, costs: touched.costs))
        sequence += Int64(facts.count)
    }

    /// Begins another run in the same journal.
    func begin(_ id: RunID) {
        run = id
        projection = Projection()
        sequence = 0
    }

    // MARK: A small run

    static func slots(_ folder: String) -> [SlotSpec] {
        [
            SlotSpec(
                worker: "backend-1", number: 1, role: "backend-dev", model: "sonnet",
                agent: .named("claude"), worktree: folder + "/worktrees/backend-1"),
            SlotSpec(
                worker: "qa-1", number: 2, role: "qa-engineer", agent: .named("claude"),
                worktree: folder + "/worktrees/qa-1"),
            SlotSpec(
                worker: "docs-1", number: 3, role: "docs-writer", agent: .named("claude"),
                worktree: folder + "/worktrees/docs-1"),
        ]
    }

    static func runStart(_ folder: String, id: RunID, simulated: Bool = false) -> RunStart {
        RunStart(
            run: id, mission: "web-app", missionName: "Web application", missionFile: "missions/web-app.json",
            project: folder, target: "main", agent: simulated ? "rehearsal" : "claude",
            budget: Money(microDollars: 20_000_000), process: ProcessIdentity(pid: pid, startTime: 99),
            head: commits[0], slots: slots(folder), simulated: simulated)
    }

    /// A run in the middle: one task landed after a conflict, one works, one is at the gate, one waits, one
    /// failed.
    func recordRunInTheMiddle() throws {
        let schema = Lease(task: "schema", attempt: 1), again = Lease(task: "schema", attempt: 2)
        let api = Lease(task: "api", attempt: 1), page = Lease(task: "page", attempt: 1)
        try record([
            (0, .runStarted(Self.runStart(folder, id: run))),
            (
                0,
                .taskAdded(
                    TaskSpec(id: "schema", title: "Design the schema", role: "backend-dev"), proposedBy: nil)
            ),
            (
                0,
                .taskAdded(
                    TaskSpec(
                        id: "api", title: "Write the API", prompt: "Write the API.\nKeep it small.",
                        role: "backend-dev", dependencies: ["schema"], priority: 5,
                        checks: ["make api-test"]),
                    proposedBy: nil)
            ),
            (
                0,
                .taskAdded(TaskSpec(id: "page", title: "Draw the page", role: "qa-engineer"), proposedBy: nil)
            ),
            (
                0,
                .taskAdded(
                    TaskSpec(id: "docs", role: "docs-writer", dependencies: ["api", "page"]), proposedBy: nil)
            ),
            (0, .taskAdded(TaskSpec(id: "lint", title: "Lint", run: "make lint"), proposedBy: nil)),
            (1, .workerStarted("backend-1", ProcessIdentity(pid: 4712, startTime: 100))),
            (1, .workerStarted("qa-1", ProcessIdentity(pid: 4713, startTime: 100))),
            (2, .workerStarted("docs-1", ProcessIdentity(pid: 4714, startTime: 100))),
            (9, .workerReady("backend-1")), (9, .workerReady("qa-1")), (9, .workerReady("docs-1")),
        ])
        try record([
            (10, .taskReady("schema")), (10, .leaseGranted(schema, worker: "backend-1")),
            (60, .worktreePrepared(schema, branch: "coord/r/schema/1", base: Self.commits[0])),
            (500, .progressReported(schema, text: "Reading \u{1B}[31mthe\u{202E} code")),
            (
                700,
                .usageRecorded(
                    schema, worker: "backend-1", role: "backend-dev",
                    Usage(
                        id: "c1", model: "sonnet",
                        tokens: TokenCounts(input: 12_000, output: 3400, cacheRead: 900)),
                    cost: Money(microDollars: 1_250_000), counted: true)
            ),
            (3000, .attemptEnded(schema, .finished)),
            (3100, .workSubmitted(schema, commit: Self.commits[1], base: Self.commits[0], files: ["db.sql"])),
            (3150, .candidateConflicted(schema, onto: Self.commits[0], files: ["db.sql"])),
            (3150, .candidateBounced(schema, reason: "merge conflict in `db.sql`")),
            (
                3160,
                .taskRetryable(
                    schema, reason: "merge conflict in db.sql", notBefore: Self.start + .milliseconds(3160),
                    failures: 1)
            ),
        ])
        try record([
            (3200, .taskReady("schema")), (3200, .leaseGranted(again, worker: "backend-1")),
            (8000, .attemptEnded(again, .finished)),
            (8100, .workSubmitted(again, commit: Self.commits[2], base: Self.commits[0], files: ["db.sql"])),
            (8200, .candidateStaged(again, commit: Self.commits[3], tree: Self.tree, onto: Self.commits[0])),
            (
                9000,
                .gateFinished(
                    again, tree: Self.tree,
                    GateReport(
                        outcome: .passed, command: "make test", exit: .exited(status: 0),
                        duration: .milliseconds(800), testCount: 12, reason: "", tail: "ok"))
            ),
            (
                9010,
                .landingStarted(
                    again, commit: Self.commits[3], from: Self.commits[0], tip: Self.commits[3])
            ),
            (9050, .taskLanded(again, commit: Self.commits[3], tree: Self.tree)),
            (9050, .taskReady("api")), (9051, .leaseGranted(api, worker: "backend-1")),
            (9060, .leaseGranted(page, worker: "qa-1")),
            (20_000, .attemptEnded(page, .finished)),
            (
                20_100,
                .workSubmitted(page, commit: Self.commits[4], base: Self.commits[3], files: ["page.html"])
            ),
            (20_200, .candidateStaged(page, commit: Self.commits[5], tree: Self.tree, onto: Self.commits[3])),
            (20_300, .taskFailed("lint", reason: "exit status 2", cause: nil)),
            (21_000, .toolStarted(api, name: "bash", id: "t", summary: "make api-test")),
            (30_000, .workerExited("docs-1", .signaled(9), reason: "killed")),
            (30_001, .workerBackingOff("docs-1", until: Self.start + .seconds(60))),
            (31_000, .reservationChanged(reserved: Money(microDollars: 400_000))),
        ])
    }

    /// The same run, ended well enough.
    func recordEnd() throws {
        let api = Lease(task: "api", attempt: 1), page = Lease(task: "page", attempt: 1)
        try record([
            (43_000, .taskLanded(page, commit: Self.commits[5], tree: Self.tree)),
            (44_000, .attemptEnded(api, .finished)),
            (44_100, .taskLanded(api, commit: Self.commits[6], tree: Self.tree)),
            (44_200, .taskSkipped("docs", reason: "by hand")),
            (44_300, .workerStopped("backend-1")), (44_300, .workerStopped("qa-1")),
            (44_300, .workerStopped("docs-1")),
            (44_400, .runEnded(.failed, exitStatus: 1, reason: "1 task failed")),
        ])
    }

    // MARK: Replies

    func surroundings(
        seconds: Int64 = 42, isAlive: Bool = true, workingFolder: String? = nil, columns: Int? = nil,
        environment: [String: String] = [:]
    ) -> Surroundings {
        Surroundings(
            workingFolder: workingFolder ?? folder, environment: { environment[$0] },
            now: { Self.start + .seconds(seconds) }, isAlive: { isAlive && $0.pid == Self.pid },
            outputIsTerminal: columns != nil, speechIsTerminal: columns != nil,
            terminalSize: { columns.map { ($0, 24) } })
    }

    /// Exit status, standard output and standard error of one command line.
    func reply(_ line: String, _ surroundings: Surroundings? = nil) -> Reply {
        Reply(line, surroundings ?? self.surroundings(), folder: folder)
    }
}

/// The whole answer to a command line, this machine's paths replaced.
struct Reply: Equatable, CustomStringConvertible {
    var line: String
    var status: CoordCommandLine.ExitStatus
    var output: String
    var speech: String

    init(_ line: String, _ surroundings: Surroundings, folder: String) {
        let output = Output(), speech = Output()
        let words = line.split(separator: " ").map { String($0).replacing("␣", with: " ") }
        self.line = line
        status = Program.run(words, surroundings: surroundings, output: output, speech: speech)
        self.output = output.text.replacing(folder, with: "/project")
        self.speech = speech.text.replacing(folder, with: "/project")
    }

    var description: String {
        var text = "$ coord \(line)\n"
        if !output.isEmpty { text += output.hasSuffix("\n") ? output : output + "⏎\n" }
        if !speech.isEmpty { text += "--- speech\n" + speech }
        return text + "--- exit \(status.rawValue)\n"
    }
}
