import CoordModel

/// One of everything, with awkward text in it.
enum Samples {
    static let commit = ObjectID(String(repeating: "0a", count: 20))!
    static let tree = ObjectID(String(repeating: "1b", count: 32))!
    static let lease = Lease(task: "api", attempt: 2)
    static let time = Timestamp(milliseconds: 1_795_200_264_512)
    static let awkward = "line\nfeed \"quoted\" \\ tab\t bell\u{7} naïve 漢字 🦊 \u{2028} ​\u{202E}"

    static let plainTask = TaskSpec(id: "plain")
    static let fullTask = TaskSpec(
        id: "api", title: awkward, prompt: "Write it", role: "backend-dev", category: "backend",
        dependencies: ["schema", "design"], priority: -5, files: ["src/**"], skills: ["lint"],
        capabilities: [.database, .writesCode], run: "make", checks: ["make test", "make lint"],
        budget: Money(microDollars: 2_000_001), maxAttempts: 2, timeout: .milliseconds(600_500),
        approval: true, risk: .high, workspace: .none)
    static let slot = SlotSpec(
        worker: "backend-1", number: 3, role: "backend-dev", kind: .coordination, capabilities: [.network],
        model: "opus", budget: Money(microDollars: 5_000_000), agent: .command("sh -c 'x'"),
        worktree: "/srv/w/backend-1")
    static let start = RunStart(
        run: "20261120-web-app-1", mission: "web-app", missionName: awkward, missionFile: "/m/web.json",
        project: "/p", target: "main", agent: "rehearsal", budget: Money(microDollars: 20_000_000),
        process: ProcessIdentity(pid: 4711, startTime: 987_654_321), head: commit,
        slots: [slot, SlotSpec(worker: "qa-1", number: 4)], simulated: true)
    static let gate = GateReport(
        outcome: .couldNotRun, command: "make test", exit: .exited(status: 127),
        duration: .milliseconds(12_345), testCount: 18, reason: "not found", tail: awkward)
    static let usage = Usage(
        id: "call-1", model: "sonnet",
        tokens: TokenCounts(input: 1200, output: 300, cacheRead: 7, cacheWrite: 9),
        cost: Money(microDollars: 10_000))

    static let run: [Fact.Body] = [
        .runStarted(start),
        .runStarted(
            RunStart(
                run: "r", mission: "m", missionName: "", missionFile: "", project: "/", target: "main",
                agent: "auto", budget: nil, process: ProcessIdentity(pid: 1, startTime: 0), head: nil,
                slots: [], simulated: false, scale: Scale(min: 2, max: 9))),
        .runResumed(process: ProcessIdentity(pid: 5, startTime: 6)),
        .runStatusChanged(.paused, reason: awkward),
        .runEnded(.failed, exitStatus: 1, reason: "2 tasks failed"),
        .rateLimited(until: time, reason: "429"),
        .budgetWarned(spent: Money(microDollars: 1), budget: Money(microDollars: 1_000_000)),
        .budgetExhausted(
            spent: Money(microDollars: 1_000_001), budget: Money(microDollars: 1_000_000), scope: "run"),
        .reservationChanged(reserved: .zero),
        .scaleChanged(workers: 3, reason: awkward), .workersAdded([slot]), .workersAdded([]),
    ]

    static let tasks: [Fact.Body] = [
        .taskAdded(fullTask, proposedBy: "plan"), .taskAdded(plainTask, proposedBy: nil),
        .taskEdited(fullTask), .taskReady("api"),
        .leaseGranted(lease, worker: "backend-1"),
        .worktreePrepared(lease, branch: "coord/r/api/2", base: commit),
        .attemptEnded(lease, .finished), .attemptEnded(lease, .failed(reason: awkward)),
        .attemptEnded(lease, .timedOut(after: .milliseconds(1500))), .attemptEnded(lease, .cancelled),
        .attemptEnded(lease, .handedOff),
        .attemptStalled(lease, silent: .milliseconds(1500)),
        .attemptEnded(lease, .workerLost(reason: "signal 9")), .attemptEnded(lease, .interrupted),
        .attemptEnded(lease, .notBegun),
        .attemptEnded(lease, .agentFailed(AgentFailure(.authentication, awkward))),
        .attemptEnded(
            lease, .agentFailed(AgentFailure(.rateLimit, "", retryAfter: .milliseconds(1500)))),
        .workSubmitted(lease, commit: commit, base: tree, files: ["a b", awkward]),
        .workSubmitted(lease, commit: commit, base: tree, files: []),
        .workRescued(lease, commit: commit, reference: "refs/coord/rescue/r/api/2"),
        .reviewAsked(lease, role: "tech-lead", thenPerson: nil),
        .reviewAsked(lease, role: "tech-lead", thenPerson: awkward),
        .reviewStarted(lease, worker: "qa-1", commit: commit),
        .reviewFinished(lease, worker: "qa-1", nil, reason: awkward),
        .reviewFinished(lease, worker: "qa-1", ReviewVerdict(approves: true), reason: ""),
        .reviewFinished(
            lease, worker: "qa-1",
            ReviewVerdict(
                approves: false,
                findings: [.init(file: awkward, line: 3, reason: "x"), .init(file: "b", reason: awkward)],
                summary: awkward), reason: ""),
        .approvalAsked(lease, reason: "risk"), .approvalGiven(lease),
        .candidateStaged(lease, commit: commit, tree: tree, onto: commit),
        .candidateConflicted(lease, onto: commit, files: ["x"]),
        .gateFinished(lease, tree: tree, gate),
        .gateFinished(
            lease, tree: tree,
            GateReport(
                outcome: .passed, command: "true", exit: .signaled(9), duration: .zero, reason: "",
                tail: "")),
        .gateFinished(
            lease, tree: tree,
            GateReport(outcome: .passed, command: "", exit: nil, duration: .zero, reason: "", tail: "")),
        .gateStarted(lease, commit: commit, tree: tree, tasks: ["a", "b"]),
        .gateFlaked(lease, tree: tree, gate), .candidateBounced(lease, reason: "red"),
        .overlapFound(Collision(lease, with: Lease(task: "web", attempt: 1), files: [awkward, "b"])),
        .overlapFound(Collision(lease, with: nil, files: [])), .overlapCleared(lease, other: nil),
        .overlapCleared(lease, other: Lease(task: "web", attempt: 1)),
        .targetGated(commit: commit, gate), .queuePlanned(window: 2, batch: 8, reason: "slow"),
        .targetMoved(commit: commit, by: "J. Doe", times: 3, since: time),
        .deliveryPushed(commit: commit, to: "origin main", address: nil),
        .deliveryPushed(commit: commit, to: "origin coord/r", address: "https://example.org/pull/7"),
        .deliveryFailed(commit: commit, reason: "no route", needsPerson: false),
        .deliveryFailed(commit: nil, reason: awkward, needsPerson: true),
        .targetFollowed(from: commit, to: tree, place: "origin main"),
        .landingStarted(lease, commit: commit, from: nil, tip: commit),
        .landingStarted(lease, commit: commit, from: tree, tip: tree),
        .landingDelayed(lease, reason: "dirty"), .taskLanded(lease, commit: commit, tree: tree),
        .taskCompleted(lease, note: "no change"),
        .taskRetryable(lease, reason: "checks", notBefore: time, failures: 2),
        .taskFailed("api", reason: "tried 3 times", cause: nil),
        .taskFailed("ui", reason: "a need failed", cause: "api"),
        .taskQuarantined("api", reason: "ended 3 workers"), .taskSkipped("api", reason: "by hand"),
        .taskCancelled("api", reason: "by hand"), .taskRevived("api", reason: "by hand"),
        .taskReassigned("api", worker: "qa-1"), .taskReassigned("api", worker: nil),
    ]

    static let workers: [Fact.Body] = [
        .workerStarted("qa-1", ProcessIdentity(pid: .max, startTime: UInt64(Int64.max))),
        .workerReady("qa-1"), .workerSuspected("qa-1"), .workerRecovered("qa-1"),
        .workerExited("qa-1", .exited(status: 3), reason: ""),
        .workerExited("qa-1", .signaled(9), reason: awkward),
        .workerStartFailed("qa-1", reason: "no such file"), .workerBackingOff("qa-1", until: time),
        .workerOffline("qa-1", until: nil, reason: "circuit"),
        .workerOffline("qa-1", until: time, reason: "circuit"),
        .workerStopped("qa-1"),
        .usageRecorded(
            lease, worker: "qa-1", role: "qa", usage, cost: Money(microDollars: 123_456_789), counted: true),
        .usageRecorded(
            lease, worker: "qa-1", role: nil,
            Usage(model: "m", tokens: TokenCounts(input: .max)), cost: .zero, counted: false),
        .progressReported(lease, text: awkward),
        .agentSessionBegan(lease, agent: "acp:x --y", session: awkward),
        .contentGiven(
            lease,
            [
                ContentMark(.mission, awkward, hash: "00ff"),
                ContentMark(.skill, "git-log", hash: "ff", isChanged: true),
            ]),
        .skillsRanked(
            lease,
            SkillsRanking(
                model: "api:anthropic/claude-haiku-4-5", skills: [RankedSkill(id: "git-log", reason: awkward)]
            )),
        .skillsRanked(lease, SkillsRanking(model: "api:x/y", reason: awkward)),
        .toolStarted(lease, name: "bash", id: "t1", summary: "make"),
        .toolCompleted(
            lease, name: "bash", id: "t1", succeeded: false, summary: "", duration: .milliseconds(3)),
        .toolCompleted(lease, name: "", id: "", succeeded: true, summary: "", duration: nil),
        .handoffWritten(lease, Handoff(summary: "half", remaining: ["rest", ""])),
        .handoffWritten(lease, Handoff(summary: "h", decisions: ["d"], remaining: [], pitfalls: ["p", ""])),
        .questionAsked(Question(id: "q1", lease: lease, addressee: .person, text: "Which?", choices: ["a"])),
        .questionAsked(Question(id: "q2", lease: lease, addressee: .task("other"), text: "Why?")),
        .questionAnswered(lease, question: "q1", text: "a", by: nil),
        .questionAnswered(lease, question: "q2", text: "so", by: "other"),
        .answerAwaited(lease, reason: "Which?"), .filesClaimed(lease, patterns: ["src/**", "a b"]),
        .filesClaimed(lease, patterns: []), .noteWritten(lease, key: "k", text: "t"),
        .callRefused(lease, tool: "ask", reason: "older attempt"),
        .handoffBegan(
            lease, worker: "qa-1",
            HandoffOrder(to: .agent(.command("a \"b\"")), push: true, reason: awkward, isAutomatic: true)),
        .handoffBegan(lease, worker: "qa-1", HandoffOrder(to: .role("tester"), reason: "")),
        .handoffStepEnded(lease, .write, .done(awkward)), .handoffStepEnded(lease, .push, .skipped("no")),
        .handoffStepEnded(lease, .commit, .failed("full")),
        .handoffPrepared(
            lease,
            HandoffSheet(
                file: "r/qa-1-x.md", origin: .agent, commit: commit, base: commit, files: 3,
                remaining: [awkward, ""], confirmed: 1, refuted: 2, unchecked: 3)),
        .handoffPrepared(lease, HandoffSheet(file: "r/x.md", origin: .synthesised)),
        .handoffPrepared(lease, HandoffSheet(file: "r/x.md", origin: .synthesised, rescue: "refs/x")),
        .handoffBegan(lease, worker: "w1", HandoffOrder(to: .worker("w2"), reason: "no", resumes: true)),
        .handoffAcknowledged(lease, text: awkward), .handoffUnacknowledged(lease, reason: "no word"),
        .handoffWithdrawn(lease, reason: "done"),
        .taskProposalRefused(lease, id: "Bad Name", reason: "name"),
        .staleMessageRefused("qa-1", lease, method: "finished", current: 3),
        .staleMessageRefused("qa-1", lease, method: "finished", current: nil),
    ]

    static let all = run + tasks + workers
}
