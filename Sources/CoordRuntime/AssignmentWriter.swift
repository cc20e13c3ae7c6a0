import CoordCore
import CoordModel
import CoordSystem
import CoordWire

/// Turns a task and its slot into what a worker is told: the files an agent reads and the environment it
/// gets.
final class AssignmentWriter {
    private let parts: Coordinator.Parts
    private let inherited = AgentEnvironment.inherited()
    private let sandbox: Sandbox?
    private let launcher: AgentLauncher
    /// Where agents send their model calls, when there is a gateway.
    var gateway: GatewayHost? { didSet { launcher.gateway = gateway } }
    /// What is not to stand in what agents pass on.
    var secrets = SecretMask(environment: [:])
    /// What each finished task passed on, and who had it last.
    private var summaries: [TaskID: PromptAssembly.Need] = [:]
    private var workers: [TaskID: WorkerID] = [:]
    /// What people answered.
    private var board = Blackboard()
    /// What the last attempt of a task that left something unfinished left.
    private var rescues: [TaskID: (lease: Lease, commit: ObjectID)] = [:]
    /// Chooses what agents are taught and given.
    let skills: SkillProvider
    /// What had a say in attempts so far.
    private var contents: ContentBook
    /// Told what each attempt of an agent is given.
    var onContent: (Lease, [ContentMark]) -> Void = { _, _ in }
    /// Where the next attempt of each worker works that needs no worktree.
    private var places: [WorkerID: Int] = [:]

    init(_ parts: Coordinator.Parts, sandbox: Sandbox?) {
        self.parts = parts
        self.sandbox = sandbox
        launcher = AgentLauncher(parts, isConfined: sandbox != nil)
        skills = SkillProvider(parts)
        contents = ContentBook(parts.plan)
    }

    /// The folder of the project, absolute.
    var project: String { parts.state.project }

    /// Who worked last on a task that has something to land.
    func worker(of task: TaskID) -> WorkerID? { workers[task] }

    func assignment(
        slot: SlotSpec, lease: Lease, spec: TaskSpec, base: ObjectID?, note: String?, handoff: HandoffRecord?
    ) throws(RuntimeError) -> Assignment {
        if spec.workspace == .worktree { workers[spec.id] = slot.worker }
        if parts.isNoop { return noop(slot, lease) }
        return try confined(slot: slot, lease: lease, spec: spec, base: base, note: note, handoff: handoff)
    }

    /// What a reviewer is given: the candidate's commit in its slot's worktree, and the diff as a file.
    func review(
        slot: SlotSpec, lease: Lease, _ order: ReviewOrder
    ) throws(RuntimeError) -> Assignment {
        var spec = order.task
        (spec.run, spec.checks, spec.files, spec.role) = (nil, [], [], order.role)
        return try confined(slot: slot, lease: lease, spec: spec, base: order.candidate.commit, review: order)
    }

    /// Where the diff lies that a reviewer looks at.
    func diffFile(of lease: Lease) -> String { parts.state.attempt(parts.run, lease) + "/review.diff" }

    private func confined(
        slot: SlotSpec, lease: Lease, spec: TaskSpec, base: ObjectID?, note: String? = nil,
        handoff: HandoffRecord? = nil, review: ReviewOrder? = nil
    ) throws(RuntimeError) -> Assignment {
        var assignment: Assignment
        do throws(SystemError) {
            assignment = try unconfined(
                slot: slot, lease: lease, spec: spec, base: base, note: note,
                handoff: handoff.flatMap(document), hasDied: handoff?.sheet?.rescue != nil, review: review)
        } catch { throw .system(error) }
        guard let sandbox else { return assignment }
        var launch: AgentLaunch?
        if case .agent(let agent) = assignment.work { launch = agent }
        let confinement = try sandbox.confine(
            slot, lease, spec, launch, exchange: parts.state.attempt(parts.run, lease),
            folder: assignment.worktree,
            skillFolders: spec.run == nil && review == nil ? skills.programFolders() : [],
            environment: assignment.environment)
        assignment.launcher = confinement.launcher
        assignment.environment = confinement.environment
        return assignment
    }

    private func unconfined(
        slot: SlotSpec, lease: Lease, spec: TaskSpec, base: ObjectID?, note: String?, handoff: String?,
        hasDied: Bool, review: ReviewOrder?
    ) throws(SystemError) -> Assignment {
        let folder = parts.state.attempt(parts.run, lease)
        let transcript = parts.state.transcript(parts.run, slot.worker)
        let isAgent = spec.run == nil
        var launch = isAgent ? launcher.launch(slot, lease, spec, isReview: review != nil) : nil
        if review == nil { launch?.mcpServers += agreedServers() }
        let rescue = review == nil ? rescues[spec.id] : nil
        let patch = try rescue.flatMap { (rescue) throws(SystemError) in
            try givePatch(of: rescue.lease, in: folder)
        }
        let note = Self.note(note, rescue, patch)
        let equipment = isAgent ? try equipment(slot, lease, spec, isReview: review != nil) : Equipment()
        var handoffIn: String?
        var promptFile: String?
        if isAgent {
            try Files.makeFolder(folder, permissions: 0o700)
            promptFile = folder + "/prompt.md"
            let text = try review.map { (order) throws(SystemError) in try prompt(slot, lease, order) }
            let isResumed = launch?.session != nil
            try Files.writeAtomically(
                Array(
                    (text
                        ?? prompt(
                            slot, lease, spec, note, handoff, hasDied: hasDied, equipment,
                            isResumed: isResumed)).utf8),
                to: folder + "/prompt.md", permissions: 0o600, step: .prompt)
            if handoff != nil || note != nil {
                let text = [handoff, note].compactMap { $0 }.joined(separator: "\n")
                handoffIn = folder + "/handoff-in.md"
                try Files.writeAtomically(
                    Array(text.utf8), to: folder + "/handoff-in.md", permissions: 0o600, step: .handoffIn)
            }
        }
        let workingFolder =
            spec.workspace == .worktree ? slot.worktree : try scratch(slot.worker, nextPlace(of: slot.worker))
        var environment = inherited
        if let launch {
            environment.merge(launcher.variables(of: launch)) { $1 }
            if let home = launch.home { try giveHome(home, &environment) }
        }
        name(slot, lease, spec, base, in: &environment)
        environment["COORD_PROMPT_FILE"] = promptFile
        environment["COORD_SKILLS_FILE"] = equipment.skillsFile
        environment["COORD_SKILLS_POOL"] = equipment.pool
        environment["COORD_REVIEW"] = review == nil ? nil : "1"
        environment["COORD_DIFF_FILE"] = review == nil ? nil : diffFile(of: lease)
        environment["COORD_HANDOFF_IN"] = handoffIn
        environment["COORD_RESCUE"] = rescue?.commit.rawValue
        environment["COORD_RESCUE_PATCH"] = patch
        if isAgent, let gateway { environment.merge(gateway.environment(for: slot.worker)) { $1 } }
        environment["COORD_HANDOFF_OUT"] = isAgent ? folder + "/handoff-out.md" : nil
        environment["COORD_NOTES"] = isAgent ? folder + "/notes.md" : nil
        environment["COORD_PLAN_OUT"] =
            spec.id == parts.plan.planTask && review == nil ? folder + "/plan.json" : nil
        if isAgent || sandbox != nil { try giveChannel(&environment, in: folder) }
        launch?.mcpServers.insert(tools(environment), at: 0)
        return Assignment(
            run: parts.run, lease: lease, role: spec.role ?? slot.role,
            worktree: workingFolder, base: base, work: work(slot, spec, launch, isReview: review != nil),
            promptFile: promptFile, handoffIn: handoffIn,
            handoffOut: environment["COORD_HANDOFF_OUT"], notes: environment["COORD_NOTES"],
            transcript: transcript, environment: environment,
            timeout: spec.timeout ?? parts.plan.mission.limits.taskTimeout, checks: spec.checks)
    }

    /// Makes a client's own folder; one that nothing confines has its temporary files there.
    private func giveHome(
        _ home: String, _ environment: inout [String: String]
    ) throws(SystemError) {
        try Files.makeFolder(home, permissions: 0o700)
        guard sandbox == nil else { return }
        try Files.makeFolder(home + "/tmp", permissions: 0o700)
        environment["TMPDIR"] = home + "/tmp"
    }

    /// What the agent of an attempt is taught and given, which is told. A reviewer has no skills, and in a
    /// rehearsal neither mission nor role has a say in what is done.
    private func equipment(
        _ slot: SlotSpec, _ lease: Lease, _ spec: TaskSpec, isReview: Bool
    ) throws(SystemError) -> Equipment {
        let folder = parts.state.given(parts.run, lease)
        let equipment = isReview ? Equipment() : try equip(slot, spec, in: folder)
        if slot.agent != .rehearsal {
            onContent(lease, contents.marks(role: spec.role ?? slot.role, skills: equipment.given))
        }
        return equipment
    }

    /// What every attempt is told of itself.
    private func name(
        _ slot: SlotSpec, _ lease: Lease, _ spec: TaskSpec, _ base: ObjectID?,
        in environment: inout [String: String]
    ) {
        environment["COORD_RUN"] = parts.run.rawValue
        environment["COORD_TASK"] = lease.task.rawValue
        environment["COORD_ATTEMPT"] = String(lease.attempt)
        environment["COORD_WORKER"] = slot.worker.rawValue
        environment["COORD_ROLE"] = spec.role?.rawValue ?? slot.role?.rawValue
        environment["COORD_PROJECT"] = parts.state.project
        environment["COORD_BASE"] = base?.rawValue
    }

    /// Where the attempt's processes reach their worker, and the secret that proves them to be its own. A
    /// plain command needs it in a sandbox alone: elsewhere it finds the machine's slots by itself.
    private func giveChannel(
        _ environment: inout [String: String], in folder: String
    ) throws(SystemError) {
        try Files.makeFolder(folder, permissions: 0o700)
        environment[ChannelHello.channelVariable] = folder + "/mcp"
        environment[ChannelHello.tokenVariable] = try RandomToken.make()
    }

    /// The server of coord's tools, as an agent's client is told of it. What a client is told may stand in
    /// arguments that others see: the token is not among it, the server finds that in its file.
    private func tools(_ environment: [String: String]) -> MCPServerSpec {
        let names = [ChannelHello.channelVariable, "COORD_RUN", "COORD_TASK", "COORD_ATTEMPT"]
        return MCPServerSpec(
            name: "coord", command: parts.workerProgram, arguments: ["mcp"],
            environment: environment.filter { names.contains($0.key) })
    }

    /// Copies what an earlier attempt left, as a patch, to where the next one may read. Nil: there is none.
    private func givePatch(of lease: Lease, in folder: String) throws(SystemError) -> String? {
        let source = parts.state.attempt(parts.run, lease) + "/" + GitCrew.rescuePatchName
        guard Files.kind(source) == .file else { return nil }
        try Files.makeFolder(folder, permissions: 0o700)
        let patch = folder + "/" + GitCrew.rescuePatchName
        try Files.copy(source, to: patch, step: .handoffIn)
        return patch
    }

    /// What went wrong before, and what is left of it.
    private static func note(
        _ note: String?, _ rescue: (lease: Lease, commit: ObjectID)?, _ patch: String?
    ) -> String? {
        guard let rescue else { return note }
        var text =
            "Attempt \(rescue.lease.attempt) ended unfinished; the worktree does not hold what it left. "
            + "Look before you begin anew: commit \(rescue.commit)"
        if let patch { text += ", also as a patch for `git apply --3way`: \(patch)" }
        return (note.map { $0 + "\n\n" } ?? "") + text
    }

    private func noop(_ slot: SlotSpec, _ lease: Lease) -> Assignment {
        Assignment(
            run: parts.run, lease: lease, role: nil, worktree: "/", base: nil, work: .none, promptFile: nil,
            handoffIn: nil, handoffOut: nil, notes: nil, transcript: nil, environment: [:], timeout: nil,
            checks: [])
    }

    private func work(
        _ slot: SlotSpec, _ spec: TaskSpec, _ launch: AgentLaunch?, isReview: Bool
    ) -> Assignment.Work {
        if let command = spec.run { return .command(command) }
        if let launch { return .agent(launch) }
        switch slot.agent {
        case .command(let command): return .command(command)
        case .rehearsal:
            let part = spec.id.rawValue + (isReview ? ".review" : "")
            return .rehearsal(folder: parts.plan.mission.rehearsal ?? "", part: part)
        case .automatic, .acp, .named, .direct:
            preconditionFailure("slot \(slot.worker) has no agent that can be driven")
        }
    }

    /// The document that the session before left. Nil: there is none for this one.
    private func document(_ record: HandoffRecord) -> String? {
        guard record.state.isCarried, let sheet = record.sheet else { return nil }
        // One that was lost is no reason to do nothing: the work itself is in the worktree.
        return try? Files.readText(parts.state.handoffs + "/" + sheet.file, limitBytes: 1 << 20)
    }

    private func prompt(
        _ slot: SlotSpec, _ lease: Lease, _ spec: TaskSpec, _ note: String?, _ handoff: String?,
        hasDied: Bool, _ equipment: Equipment, isResumed: Bool
    ) -> String {
        if isResumed, let handoff, !hasDied {
            return PromptAssembly.comingBack(task: spec, attempt: lease.attempt, handoff: handoff)
        }
        if isResumed {
            // The session knows what it asked, not what came of it.
            let answers = board.answers(to: spec.id).compactMap { question in
                question.answer.map { "A person answered \(question.id) (\(question.text)): \($0.text)" }
            }
            let news = (answers + (note.map { [$0] } ?? [])).joined(separator: "\n\n")
            return PromptAssembly.continuation(
                task: spec, attempt: lease.attempt,
                folder: spec.workspace == .worktree ? slot.worktree : nil,
                note: news.isEmpty ? nil : news)
        }
        return PromptAssembly.prompt(
            goal: parts.plan.mission.goal, role: (spec.role ?? slot.role).flatMap { parts.plan.roles[$0] },
            common: parts.plan.commonRules, task: spec, attempt: lease.attempt,
            needs: spec.dependencies.compactMap { summaries[$0] }, answers: board.answers(to: spec.id),
            note: note, handoff: handoff, hasDied: hasDied, skills: equipment.skills,
            context: equipment.context)
    }

    private func prompt(
        _ slot: SlotSpec, _ lease: Lease, _ order: ReviewOrder
    ) throws(SystemError) -> String {
        let diff = try Files.readUntrusted(
            Files.name(diffFile(of: lease)), in: parts.state.attempt(parts.run, lease),
            firstBytes: PromptAssembly.diffBytesMax + 1)
        return PromptAssembly.reviewPrompt(
            goal: parts.plan.mission.goal, role: parts.plan.roles[order.role],
            common: parts.plan.commonRules, order: order, diff: diff, diffFile: diffFile(of: lease),
            author: order.task.role.flatMap { parts.plan.roles[$0] })
    }

    /// Where the next attempt without a worktree works: what is assigned behind another must not be in its
    /// way. A place comes round again when the attempt that had it is long over; a worker has never as many
    /// leases.
    private func nextPlace(of worker: WorkerID) -> Int {
        let number = places[worker, default: 0]
        places[worker] = (number + 1) % Self.placesPerWorker
        return number
    }

    /// An empty folder for a task that needs no worktree.
    private func scratch(_ worker: WorkerID, _ place: Int) throws(SystemError) -> String {
        let folder = parts.state.scratch(worker) + "/\(place)"
        if Files.kind(folder) != nil {
            if try Files.list(folder).isEmpty { return folder }
            try Files.removeTree(folder, step: .scratch)
        }
        try Files.makeFolder(folder, permissions: 0o700)
        return folder
    }

    /// What the agent of an attempt wrote for the next, at most 16 KiB of it. Nil: nothing.
    func handoff(of lease: Lease) -> String? {
        guard !parts.isNoop else { return nil }
        let folder = parts.state.attempt(parts.run, lease)
        // A file that cannot be read, leads elsewhere, or is no text, is as good as none: the work itself
        // does not depend on it.
        let bytes = try? Files.readUntrusted(
            "handoff-out.md", in: folder, firstBytes: Self.handoffBytesMax)
        guard let bytes, !bytes.isEmpty else { return nil }
        return secrets.masked(String(decoding: bytes, as: UTF8.self))
    }

    private static let handoffBytesMax = 16 << 10
    private static let placesPerWorker = 64

    /// Who worked on what an earlier coordinator left to land.
    func rememberAuthors(of records: [TaskRecord]) {
        for record in records where !record.status.isFinal { workers[record.spec.id] = record.assignedTo }
    }

    /// Keeps what an agent passed on for the tasks that need it, and what was rescued for the next attempt.
    func remember(_ facts: [Fact]) {
        launcher.remember(facts)
        for fact in facts {
            board.apply(fact.body)
            switch fact.body {
            case .workRescued(let lease, let commit, _): rescues[lease.task] = (lease, commit)
            case .handoffWritten(let lease, let handoff):
                summaries[lease.task] = PromptAssembly.Need(
                    id: lease.task, title: lease.task.rawValue, summary: handoff.text)
            default: continue
            }
        }
    }
}
