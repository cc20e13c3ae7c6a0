import CoordCore
import CoordGit
import CoordModel
import CoordProcess
import CoordSystem
import CoordWire

/// Does the steps of handoffs on threads of its own: writes documents, commits, pushes, and holds what
/// sessions claim against git and the gate. Every outcome is an event.
final class HandoffCrew: Sendable {
    private let workspace: Workspace?
    private let state: StateFolder
    private let run: RunID
    private let merge: MergeSettings
    private let secrets: SecretMask
    private let answers: Mailbox<Event>
    private let hands = BlockingThreads(count: 2, name: "coord-handoff")
    private let cancellation = Cancellation()
    /// A file that changes while it is read is read again this often.
    private static let commitTries = 3

    init(
        workspace: Workspace?, state: StateFolder, run: RunID, merge: MergeSettings, secrets: SecretMask,
        answers: Mailbox<Event>
    ) {
        self.workspace = workspace
        self.state = state
        self.run = run
        self.merge = merge
        self.secrets = secrets
        self.answers = answers
    }

    /// One handoff: whose session, and what is known of it.
    struct Work: Sendable {
        var slot: Int
        var worker: WorkerID
        var worktree: String
        var lease: Lease
        var job: HandoffJob
        var session: HandoffMemory.Session
    }

    // MARK: Beside the living session

    func take(_ step: HandoffStep, _ work: Work) {
        hands.submit { [self] in
            let outcome: HandoffStepOutcome
            do {
                switch step {
                case .write: outcome = try .done(write(work, taken: nil, isOver: false).file)
                case .commit: outcome = try commit(work)
                case .push: outcome = try push(work)
                case .stop, .start: outcome = .done("")
                }
            } catch {
                outcome = .failed("\(error)")
            }
            answers.post(.handoffStepEnded(slot: work.slot, work.lease, step, outcome))
        }
    }

    private func commit(_ work: Work) throws(RuntimeError) -> HandoffStepOutcome {
        var last: GitError?
        for _ in 0..<Self.commitTries {
            do throws(GitError) {
                guard let snapshot = try snapshot(work, isLive: true) else {
                    return .done("nothing was changed")
                }
                return .done("commit \(snapshot.commit.short), files: \(snapshot.files.count)")
            } catch {
                last = error
                guard case .failed = error else { break }
            }
        }
        return .failed(last.map { "\($0)" } ?? "nothing was committed")
    }

    private func snapshot(_ work: Work, isLive: Bool) throws(GitError) -> Snapshot? {
        guard let workspace, let base = work.job.base else { return nil }
        let message =
            "\(work.job.spec.title)\n\nTask \(work.job.spec.id), handed over by attempt \(work.lease.attempt).\n"
        return try workspace.snapshot(
            slot: work.worker.rawValue, lease: work.lease, base: base, message: message, isLive: isLive)
    }

    private func push(_ work: Work) throws(RuntimeError) -> HandoffStepOutcome {
        do throws(GitError) {
            guard let workspace, let snapshot = try snapshot(work, isLive: true) else {
                return .skipped("nothing was changed")
            }
            let answer = try workspace.pushHandoff(
                snapshot.commit, of: work.lease, to: merge.remote, cancellation: cancellation)
            switch answer {
            case .success(let place): return .done(place)
            case .failure(let problem): return .failed(problem.reason)
            }
        } catch {
            return .failed("\(error)")
        }
    }

    // MARK: After the session

    /// Commits all that the session left, and writes the document that the next one gets. What cannot be
    /// committed is kept as rescued work.
    func takeOver(_ work: Work) {
        hands.submit { [self] in
            let taken: TakenWork
            do {
                if work.job.hasDied {
                    answers.post(.workTaken(slot: work.slot, work.lease, try keep(work)))
                    return
                }
                let left = try snapshot(work, isLive: false).map {
                    Left(commit: $0.commit, tree: $0.tree, files: $0.files)
                }
                taken = .handedOff(try write(work, taken: left, isOver: true))
            } catch let error as GitError {
                taken = rescue(work, because: "\(error)")
            } catch {
                taken = rescue(work, because: "\(error)")
            }
            answers.post(.workTaken(slot: work.slot, work.lease, taken))
        }
    }

    /// Keeps what a session left that died, and writes what the next one is told of it.
    private func keep(_ work: Work) throws(GitError) -> TakenWork {
        guard let workspace, let base = work.job.base,
            let rescue = try workspace.rescue(slot: work.worker.rawValue, lease: work.lease)
        else { return .nothing }
        GitCrew.leavePatch(of: rescue, workspace) { [state, run] in state.attempt(run, $0) }
        // The work is kept with a document that says less, or with none.
        let files = (try? workspace.files(of: rescue, since: base)) ?? []
        let left = Left(commit: rescue.commit, files: files, rescue: rescue.reference)
        let sheet = try? write(work, taken: left, isOver: true)
        return .rescued(rescue.commit, reference: rescue.reference, document: sheet)
    }

    private func rescue(_ work: Work, because reason: String) -> TakenWork {
        do throws(GitError) {
            if let rescue = try workspace?.rescue(slot: work.worker.rawValue, lease: work.lease) {
                return .rescued(rescue.commit, reference: rescue.reference)
            }
        } catch {
            return .failed(reason: "\(reason); and \(error)")
        }
        return .failed(reason: reason)
    }

    // MARK: The document

    /// What a session left.
    private struct Left {
        var commit: ObjectID
        /// Nil: no gate has seen it.
        var tree: ObjectID?
        var files: [String]
        /// Where it is kept when no worktree will hold it.
        var rescue: String?
    }

    /// Writes the document. When the session is over, its claims are held against what was taken; nil: it
    /// changed nothing.
    private func write(_ work: Work, taken: Left?, isOver: Bool) throws(RuntimeError) -> HandoffSheet {
        let notes = notes(work)
        let isCarried = taken != nil && taken?.rescue == nil
        var evidence = HandoffEvidence()
        if let taken, let workspace, let base = work.job.base {
            evidence.changed = taken.files
            // Without the list of commits a claim of one is refuted wrongly at worst; the document says so.
            evidence.commits = (try? workspace.commits(from: base, to: taken.commit)) ?? [taken.commit]
            evidence.checks = work.session.gates.sorted { $0.key < $1.key }
                .filter { $0.value.tree == taken.tree }.map { .init($0.key, $0.value.outcome) }
        }
        let frame = HandoffDocument(
            run: run, lease: work.lease, from: work.worker, to: work.job.order.to,
            reason: work.job.order.reason, origin: .synthesised, time: work.job.beganAt, base: work.job.base,
            commit: taken?.commit, cost: work.job.cost)
        let facts = HandoffFacts(
            task: work.job.spec, gate: merge.gate, note: work.job.note, calls: work.session.calls,
            words: work.session.words)
        var document = HandoffSynthesis.document(
            frame, notes: notes, facts: facts, evidence: evidence,
            exists: { Files.kind(work.worktree + "/" + $0) != nil })
        if !isOver, work.job.base != nil {
            // The session still works: nothing is held against what it will have done.
            document.done = document.done.filter {
                $0.finding != .refuted || notes.items[.done]?.contains($0.text) == true
            }
            .map { .init($0.text) }
        }
        if let rescue = taken?.rescue {
            document.pitfalls.insert(
                "The session died in the middle of its work: the last edit may be half done. What it left is "
                    + "not in your worktree; it is kept as \(rescue).", at: 0)
        }
        document = HandoffText.fitted(document)
        let file = "\(run)/\(work.worker)-\(Self.compact(work.job.beganAt)).md"
        do throws(SystemError) {
            try Files.makeFolder(state.handoffs + "/\(run)", permissions: 0o700)
            try Files.writeAtomically(
                Array(HandoffText.render(document).utf8), to: state.handoffs + "/" + file,
                permissions: 0o600, step: .handoffDocument)
        } catch { throw .system(error) }
        return HandoffSheet(
            file: file, origin: document.origin, commit: isCarried ? taken?.commit : nil,
            base: isCarried ? work.job.base : nil, files: taken?.files.count ?? 0,
            remaining: document.remaining,
            confirmed: document.done.count { $0.finding == .confirmed },
            refuted: document.done.count { $0.finding == .refuted },
            unchecked: document.done.count { $0.finding == .unchecked }, rescue: taken?.rescue)
    }

    /// What the session wrote itself: the file, and what it said beside it.
    private func notes(_ work: Work) -> HandoffNotes {
        var notes = HandoffNotes()
        // A file that cannot be read, leads elsewhere, or is no text, is as good as none.
        let bytes = try? Files.readUntrusted(
            "handoff-out.md", in: state.attempt(run, work.lease), firstBytes: Self.readBytesMax)
        if let bytes, !bytes.isEmpty {
            notes = HandoffNotes(reading: secrets.masked(String(decoding: bytes, as: UTF8.self)))
        }
        // What was said by an earlier attempt of the task is not this session's.
        if work.session.attempt == work.lease.attempt, notes.isEmpty { notes.merge(work.session.notes) }
        return notes
    }

    private static let readBytesMax = 64 << 10

    /// `20261120T184424512Z`: a time that sorts, in a file name.
    private static func compact(_ time: Timestamp) -> String {
        time.description.filter { $0 != "-" && $0 != ":" && $0 != "." }
    }

    /// Waits for what runs.
    func end() {
        cancellation.cancel()
        hands.shutdown()
    }
}
