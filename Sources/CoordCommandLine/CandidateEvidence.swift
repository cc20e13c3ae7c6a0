import CoordCore
import CoordJSON
import CoordModel

/// What a task's submissions were judged by, out of the facts: reviews, builds, gates, and what came of them.
struct CandidateEvidence {
    /// One thing that was found out or decided.
    struct Item {
        var time: Timestamp
        var sentence: String
        var details: [String] = []
        var json: JSONValue
    }

    private let task: TaskID
    private(set) var items: [Item] = []
    /// The trees under test that hold the task's work, each with the tasks tested together.
    private var tested: [ObjectID: [TaskID]] = [:]
    /// What the gate said of each tree, and how many tests it ran on the last that landed.
    private var reports: [ObjectID: GateReport] = [:]
    private var tally: TestTally?
    /// What the candidate was built on last.
    private var onto: ObjectID?

    init(of task: TaskID) { self.task = task }

    /// Takes up the next fact of the run.
    mutating func apply(_ fact: Fact) {
        switch fact.body {
        case .gateStarted(_, _, let tree, let tasks): if tasks.contains(task) { tested[tree] = tasks }
        case .gateFinished(_, let tree, let report):
            if let tasks = tested[tree] { add(report, tree: tree, tasks, at: fact.time) }
            if report.outcome == .passed { reports[tree] = report }
        case .gateFlaked(_, let tree, let report):
            guard tested[tree] != nil else { return }
            add(
                fact.time, "flake", "a flake: the same tree failed, then passed", [report.reason],
                ["tree": .string(tree.rawValue), "reason": .string(report.reason)])
        case .targetGated(let commit, let report):
            if report.outcome == .passed { tally = TestTally(report) }
            guard commit == onto else { return }
            let words = "the gate \(Self.outcome(report)) on the target without it, \(commit.short)"
            add(fact.time, "target", words, [], ["commit": .string(commit.rawValue)], report: report)
        default: if fact.body.task == task { applyOwn(fact) }
        }
        if case .taskLanded(_, _, let tree) = fact.body, let report = reports[tree] {
            tally = TestTally(report)
        }
    }

    private mutating func applyOwn(_ fact: Fact) {
        let time = fact.time
        switch fact.body {
        case .workSubmitted(let lease, let commit, let base, let files):
            let count = Wording.plural(files.count, "file")
            let words = "attempt \(lease.attempt) handed in \(commit.short), \(count)"
            add(
                time, "submitted", words, [],
                [
                    "attempt": .count(lease.attempt), "commit": .string(commit.rawValue),
                    "base": .string(base.rawValue), "files": .array(files.map { .string($0) }),
                ])
        case .reviewFinished(_, let worker, let verdict, let reason):
            add(verdict, by: worker, reason, at: time)
        case .approvalAsked(_, let reason):
            add(time, "approval-asked", "a person is asked: \(reason)", [], ["reason": .string(reason)])
        case .approvalGiven: add(time, "approval-given", "a person approved it", [], [:])
        case .candidateStaged(_, let commit, let tree, let onto):
            self.onto = onto
            add(
                time, "built", "built as \(commit.short) on \(onto.short), tree \(tree.short)", [],
                [
                    "commit": .string(commit.rawValue), "tree": .string(tree.rawValue),
                    "onto": .string(onto.rawValue),
                ])
        case .candidateConflicted(_, let onto, let files):
            add(
                time, "conflict", "conflicts with \(onto.short) in " + Wording.list(files), [],
                ["onto": .string(onto.rawValue), "files": .array(files.map { .string($0) })])
        case .candidateBounced(_, let reason):
            add(time, "bounced", "went back: \(reason)", [], ["reason": .string(reason)])
        case .landingDelayed(_, let reason):
            add(time, "delayed", "cannot land yet: \(reason)", [], ["reason": .string(reason)])
        case .taskLanded(_, let commit, let tree):
            add(
                time, "landed", "landed as \(commit.short), tree \(tree.short)", [],
                ["commit": .string(commit.rawValue), "tree": .string(tree.rawValue)])
        default: break
        }
    }

    private mutating func add(
        _ time: Timestamp, _ kind: String, _ sentence: String, _ details: [String],
        _ members: KeyValuePairs<String, JSONValue>, report: GateReport? = nil
    ) {
        let json = JSONObject(
            [("kind", .string(kind)), ("time", .time(time))] + members.map { ($0.key, $0.value) }
                + (report.map { Self.members($0) } ?? []))
        items.append(
            Item(
                time: time, sentence: sentence, details: details.filter { !$0.isEmpty }, json: .object(json)))
    }

    private mutating func add(
        _ verdict: ReviewVerdict?, by worker: WorkerID, _ reason: String, at time: Timestamp
    ) {
        let words =
            verdict.map { $0.approves ? "approves" : "asks for changes" } ?? "came to no verdict: \(reason)"
        let findings = (verdict?.findings ?? []).map { finding -> JSONValue in
            [
                "file": .string(finding.file), "line": .count(finding.line),
                "reason": .string(finding.reason),
            ]
        }
        let lines = verdict?.text.split(whereSeparator: \.isNewline).map(String.init) ?? []
        add(
            time, "review", "\(worker) \(words)", lines,
            [
                "worker": .name(worker), "approve": verdict.map { .bool($0.approves) } ?? .null,
                "findings": .array(findings), "summary": .optional(verdict?.summary),
                "reason": .string(reason),
            ])
    }

    private mutating func add(
        _ report: GateReport, tree: ObjectID, _ tasks: [TaskID], at moment: Timestamp
    ) {
        let time = Wording.duration(report.duration)
        var words = "the gate \(Self.outcome(report)) in \(time), tree \(tree.short)"
        let others = tasks.filter { $0 != task }.map(\.rawValue)
        if !others.isEmpty { words += ", together with " + Wording.list(others) }
        var details = ["$ " + report.command + (report.exit.map { ", \($0)" } ?? "")]
        if !report.reason.isEmpty { details.append(report.reason) }
        if let tests = Self.tests(report) { details.append(tests) }
        if let before = tally, let loss = TestTally(report).loss(since: before) { details.append(loss) }
        details += report.tail.split(whereSeparator: \.isNewline).suffix(10).map { "| " + $0 }
        add(
            moment, "gate", words, details,
            ["tree": .string(tree.rawValue), "together": .array(tasks.map { .name($0) })], report: report)
    }

    private static func outcome(_ report: GateReport) -> String {
        switch report.outcome {
        case .passed: "passed"
        case .failed: "failed"
        case .couldNotRun: "could not run"
        }
    }

    private static func tests(_ report: GateReport) -> String? {
        guard let count = report.testCount else { return nil }
        let skips = report.skipCount.map { $0 > 0 ? ", \($0) skipped" : "" }
        return Wording.plural(count, "test") + (skips ?? "")
    }

    private static func members(_ report: GateReport) -> [(String, JSONValue)] {
        var exit: [(String, JSONValue)] = []
        switch report.exit {
        case .exited(let status): exit = [("exitStatus", .integer(Int64(status)))]
        case .signaled(let signal): exit = [("signal", .integer(Int64(signal)))]
        case nil: break
        }
        return [("outcome", .string(report.outcome.rawValue)), ("command", .string(report.command))] + exit
            + [
                ("durationSeconds", .seconds(report.duration)),
                ("testCount", .count(report.testCount)),
                ("skipCount", .count(report.skipCount)),
                ("reason", .string(report.reason)), ("tail", .string(report.tail)),
            ]
    }
}
