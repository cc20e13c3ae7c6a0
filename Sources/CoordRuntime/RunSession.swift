package import CoordCore
package import CoordGit
package import CoordModel
import CoordProcess
package import CoordStore
package import CoordSystem
import CoordWire

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// One run of a mission on a project, from the lock to the last fact: opens what a coordinator needs, in
/// order, and closes it in reverse.
///
/// Confined to the thread that makes it.
package final class RunSession {
    /// What is asked for, already looked up and checked.
    package struct Request: Sendable {
        package var plan: RunPlan
        package var project: ProjectState
        package var git: GitTool
        /// Where the worktrees lie; by default `worktrees/` of the project.
        package var worktrees: String
        package var workerProgram: String
        package var seed: UInt64
        /// The name of a new run, where it was promised before; nil: one is made.
        package var run: RunID?

        package init(
            plan: RunPlan, project: ProjectState, git: GitTool, worktrees: String, workerProgram: String,
            seed: UInt64, run: RunID? = nil
        ) {
            self.plan = plan
            self.project = project
            self.git = git
            self.worktrees = worktrees
            self.workerProgram = workerProgram
            self.seed = seed
            self.run = run
        }
    }

    package let state: StateFolder
    package let coordinator: Coordinator
    package let run: RunID
    private let request: Request
    private let target: String
    private let workspace: Workspace
    package let store: any Store
    private let lock: FileLock
    private let control: ControlSocket
    private let resumed: RunRecord?
    /// What the last run of the mission handed over and nobody took.
    private var inherited: [InheritedHandoff] = []
    /// What `restoredProjection` has read already.
    private var restoredTasks: [TaskRecord]?

    /// Takes the project's lock and opens journal, hub and control socket. Nothing of the project changes but
    /// `.coord/state`. `resuming` goes on with the last run instead of starting one.
    package init(
        _ request: Request, state: StateFolder, resuming record: RunRecord? = nil, store: any Store,
        lock: FileLock
    ) throws(RuntimeError) {
        resumed = record
        run = record?.id ?? request.run ?? Self.newRunID(request.plan.mission.id)
        target = record?.target ?? request.plan.mission.merge.target ?? request.project.headBranch ?? "main"
        let found: [Rescue]
        do throws(GitError) {
            workspace = Workspace(
                git: request.git, project: request.project, target: target, run: run, hub: state.hub,
                worktrees: request.worktrees, stateFolder: state.root)
            // What a killed coordinator left half done in git is mended before anything else looks at it.
            found = try workspace.openHub().rescues
            _ = try workspace.repairCheckout()
        } catch { throw .git(error) }
        do throws(SystemError) {
            try Files.makeFolder(request.worktrees)
            try StateFolder.ignoreEverything(in: request.worktrees)
            try Files.makeFolder(state.root + "/transcripts/\(run)", permissions: 0o700)
        } catch { throw .system(error) }
        coordinator = try Coordinator(
            Coordinator.Parts(
                run: run, plan: request.plan, state: state, store: store, workspace: workspace,
                workerProgram: request.workerProgram, seed: request.seed,
                gateFiles: try Self.gateFiles(request.plan, workspace, store, resuming: record)))
        if record == nil { inherited = Self.inherited(request.plan, workspace, store) }
        if record == nil { Self.tidy(workspace, store, slots: request.plan.slots) }
        for rescue in found {
            coordinator.receive(.workFound(rescue.lease, rescue.commit, reference: rescue.reference))
        }
        control = ControlSocket(coordinator, path: state.socket)
        do throws(SystemError) { try control.open() } catch { throw .system(error) }
        self.state = state
        self.request = request
        self.store = store
        self.lock = lock
    }

    /// The files of the gate as they were when the run began, so that what landed since is not among them.
    private static func gateFiles(
        _ plan: RunPlan, _ workspace: Workspace, _ store: any Store, resuming record: RunRecord?
    ) throws(RuntimeError) -> [String] {
        let names = ProtectedPaths.names(in: plan.mission.merge.gate)
        guard !names.isEmpty else { return [] }
        var begin: ObjectID?
        do throws(StoreError) {
            let facts = try record.map { (record) throws(StoreError) in
                try store.facts(record.id, ofType: FactType.runStarted.rawValue)
            }
            // A start that cannot be read is as good as none: the target as it is now decides.
            if case .runStarted(let start)? = (try? facts?.first?.fact())?.body { begin = start.head }
        } catch { throw .store(error) }
        do throws(GitError) {
            if let begin { return try workspace.files(among: names, in: begin) }
            return try workspace.files(among: names, in: workspace.targetHead())
        } catch { throw .git(error) }
    }

    /// What the last run of the same mission handed over, for tasks that are the same now: theirs would be
    /// the first session to have it. That run cannot be resumed any more, so nobody has it twice.
    private static func inherited(
        _ plan: RunPlan, _ workspace: Workspace, _ store: any Store
    ) -> [InheritedHandoff] {
        // A journal or a commit that cannot be read is nothing to go on with: the tasks begin anew.
        guard let last = try? store.runs().first(where: { $0.mission == plan.mission.id }),
            last.status != .completed, let records = try? store.tasks(last.id, .all)
        else { return [] }
        let specs = Dictionary(plan.mission.tasks.map { ($0.id, $0) }) { first, _ in first }
        return records.compactMap { record in
            guard !record.status.isFinal, let handoff = record.handoff, handoff.state.isCarried,
                let sheet = handoff.sheet, let commit = sheet.commit, let base = sheet.base,
                let spec = specs[record.spec.id], spec.prompt == record.spec.prompt
            else { return nil }
            // A commit that is not there any more cannot be gone on with.
            guard let isThere = try? workspace.offers(commit, from: base), isThere else { return nil }
            return InheritedHandoff(run: last.id, task: spec.id, from: handoff.from, sheet: sheet)
        }
    }

    /// Takes away what runs that nobody can resume any more left in the hub and beside it. Their unlanded
    /// work is rescued.
    private static func tidy(_ workspace: Workspace, _ store: any Store, slots: [SlotSpec]) {
        do throws(GitError) {
            for run in try workspace.earlierRuns() {
                // Of a run that the journal does not know, all is rescued.
                let tasks = (try? store.tasks(run, .all)) ?? []
                let landed = Set(tasks.filter { $0.stage == .landed }.map(\.spec.id))
                try workspace.forget(run, hasLanded: landed.contains)
            }
            try workspace.removeWorktrees(except: Set(slots.map(\.worker.rawValue)))
        } catch {
            // What cannot be tidied takes room and harms nobody; the next run tries again.
            return
        }
    }

    /// Takes the lock of a project, or says who holds it.
    package static func lock(_ state: StateFolder, mission: MissionID) throws(RuntimeError) -> FileLock {
        do throws(SystemError) {
            try state.make()
            let note = "\(Self.holderWord)\(ProcessTable.own().pid), mission \(mission)"
            var looks = 0
            let lock = try FileLock.acquire(state.lock, note: note) { holder in
                looks += 1
                guard looks <= Self.deadHolderLooks, isDead(holder) else { return false }
                usleep(Self.deadHolderLookMicroseconds)
                return true
            }
            if let lock { return lock }
        } catch { throw .system(error) }
        throw .locked(project: state.project, holder: FileLock.holder(state.lock) ?? "")
    }

    /// A coordinator that is killed in the moment of starting a child leaves the lock with that child until
    /// it has become its program: some milliseconds, for which the next one waits.
    private static func isDead(_ holder: String) -> Bool {
        guard holder.hasPrefix(holderWord),
            let pid = Int32(holder.dropFirst(holderWord.count).prefix { $0.isNumber })
        else { return false }
        return !ProcessTable.isAlive(ProcessIdentity(pid: pid, startTime: 0))
    }

    private static let holderWord = "pid "
    private static let deadHolderLooks = 200
    private static let deadHolderLookMicroseconds: UInt32 = 10_000

    /// What is known of a run that is taken up again; empty for a new one.
    package var restoredProjection: Projection {
        guard let resumed else { return Projection() }
        // A journal that cannot be read is told by `work`; the picture starts without the past.
        let tasks = (try? store.tasks(resumed.id, .all)) ?? []
        restoredTasks = tasks
        let workers = (try? store.workers(resumed.id)) ?? []
        return Projection(run: resumed, tasks: tasks, workers: workers, costs: [])
    }

    /// Works until the run is over. The record says how it ended, and the outcome how to answer.
    package func work() throws(RuntimeError) -> (RunRecord, Coordinator.Outcome) {
        defer { control.close() }
        let outcome: Coordinator.Outcome
        if let resumed {
            var again = resumed
            again.process = ProcessTable.own()
            again.status = .running
            again.endedAt = nil
            register(again)
            outcome = try coordinator.resume(resumed, tasks: restoredTasks, process: ProcessTable.own())
            restoredTasks = nil
        } else {
            let plan = request.plan
            let head: ObjectID?
            do throws(GitError) { head = try workspace.targetHead() } catch { throw .git(error) }
            let start = RunStart(
                run: run, mission: plan.mission.id, missionName: plan.mission.name,
                missionFile: plan.missionFile,
                project: state.project, target: target, agent: plan.agentName,
                budget: plan.mission.limits.budget, process: ProcessTable.own(), head: head,
                slots: plan.slots, simulated: plan.isSimulated, scale: plan.mission.scale)
            register(RunRecord(start, at: coordinator.clock.now()))
            outcome = try coordinator.start(start, tasks: plan.mission.tasks, inherited: inherited)
        }
        guard let record = coordinator.projection.run else {
            preconditionFailure("a run without a record ended")
        }
        register(record)
        return (record, outcome)
    }

    /// The registry helps other programs; a run does not depend on it.
    private func register(_ record: RunRecord) {
        do throws(SystemError) { try RunRegistry.write(record, socket: state.socket) } catch {
            registryProblem = error
        }
    }

    /// Why the machine-wide registry could not be written, if so.
    package private(set) var registryProblem: SystemError?

    /// A name that sorts by time and does not collide: date, time, mission, four letters of chance.
    package static func newRunID(_ mission: MissionID) -> RunID {
        let stamp = RuntimeClock().now().description.filter { $0.isNumber }.prefix(14)
        let letters = Array("abcdefghjkmnpqrstuvwxyz23456789")
        let chance = String((0..<4).map { _ in letters.randomElement() ?? "a" })
        return RunID("\(stamp)-\(mission.rawValue.prefix(32))-\(chance)")
    }
}
